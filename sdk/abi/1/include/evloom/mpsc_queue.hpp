// MpscQueue: an intrusive, unbounded queue by which many threads reach one, without a lock and without memory
// of its own. Any thread pushes, one thread (the consumer) pops; a node belongs to the caller before push and
// after pop, to the queue in between. The algorithm is Dmitry Vyukov's "Intrusive MPSC node-based queue"
// (https://www.1024cores.net/home/lock-free-algorithms/queues/intrusive-mpsc-node-based-queue).
#pragma once

#include <atomic>
#include <type_traits>

namespace evl {

// What a queued object derives from. An object is in at most one queue at a time.
class MpscNode {
 public:
  MpscNode() = default;
  MpscNode(const MpscNode&) = delete;
  MpscNode& operator=(const MpscNode&) = delete;

 private:
  template <typename T>
  friend class MpscQueue;
  std::atomic<MpscNode*> next_{nullptr};
};

// T derives from MpscNode. Nodes of one producer come out in the order in which it pushed them.
//
// A consumer that sleeps is woken like this: it stores `true` to a seq_cst flag, pops once more, and sleeps
// when that gave null; a producer pushes, then loads the flag (seq_cst) and wakes the consumer when it is
// set. Nothing is lost, also where pop met a push that was half done: that producer has yet to read the flag.
template <typename T>
class MpscQueue {
 public:
  MpscQueue() : head_(&stub_), tail_(&stub_) {}
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  // Does not touch the nodes that are still inside: pop them first where they have an owner to go back to.
  ~MpscQueue() = default;

  // Appends `node`. Wait-free: one exchange and one store. [any]
  void push(T* node) {
    static_assert(std::is_base_of_v<MpscNode, T>, "T must derive from evl::MpscNode");
    link(node);
  }

  // Takes the oldest node out, or gives null: the queue is empty, or the oldest push has not finished yet
  // (its producer stands between its two steps). In the second case the nodes behind it wait too; the
  // producer's wake-up, which follows its push, is the moment to try again. [consumer]
  T* pop() {
    MpscNode* tail = tail_;
    MpscNode* next = tail->next_.load(std::memory_order_seq_cst);
    if (tail == &stub_) {
      if (next == nullptr) return nullptr;
      tail_ = next;
      tail = next;
      next = tail->next_.load(std::memory_order_seq_cst);
    }
    if (next == nullptr) {
      if (tail != head_.load(std::memory_order_seq_cst)) return nullptr;
      link(&stub_);  // `tail` was the last one: it can only go out when something stands behind it
      next = tail->next_.load(std::memory_order_seq_cst);
      if (next == nullptr) return nullptr;
    }
    tail_ = next;
    return static_cast<T*>(tail);
  }

  // True when there is nothing inside, not even a push that is half done. [consumer]
  bool empty() const { return tail_ == &stub_ && head_.load(std::memory_order_seq_cst) == &stub_; }

 private:
  void link(MpscNode* node) {
    node->next_.store(nullptr, std::memory_order_relaxed);
    MpscNode* before = head_.exchange(node, std::memory_order_seq_cst);
    // Here the list is cut in two for a moment; pop sees that and gives null.
    before->next_.store(node, std::memory_order_seq_cst);
  }

  alignas(64) std::atomic<MpscNode*> head_;  // the newest node; all producers write here
  alignas(64) MpscNode* tail_;               // the oldest node; the consumer's alone
  MpscNode stub_;                            // keeps the list from ever being without a node
};

}  // namespace evl
