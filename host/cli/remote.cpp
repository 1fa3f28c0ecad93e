#include "cli/remote.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

namespace evloom::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWatch{300};
constexpr long kConnectTimeout = 5;   // seconds
constexpr long kAnswerTimeout = 660;  // the host gives up after ten minutes and says so
constexpr long kStatusTimeout = 5;
constexpr std::size_t kMostBody = std::size_t{64} << 20;

}  // namespace

// One request, ready to be sent, and its reply.
class Remote::Transfer {
 public:
  Transfer(const Where& where, const std::string& path, long timeout)
      : handle_(curl_easy_init()), url_(where.base + path) {
    header("Accept: application/json");
    if (!where.token.empty()) header("Authorization: Bearer " + where.token);
    curl_easy_setopt(handle_, CURLOPT_URL, url_.c_str());
    if (!where.socket.empty()) curl_easy_setopt(handle_, CURLOPT_UNIX_SOCKET_PATH, where.socket.c_str());
    curl_easy_setopt(handle_, CURLOPT_NOPROXY, "*");  // whatever http_proxy says
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT, kConnectTimeout);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(handle_, CURLOPT_USERAGENT, "evloom/" EVLOOM_VERSION);
    curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  }
  ~Transfer() {
    curl_easy_cleanup(handle_);
    curl_slist_free_all(headers_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Makes it a POST; `body` outlives it.
  void set_body(const std::string& body) {
    header("Content-Type: application/json");
    curl_easy_setopt(handle_, CURLOPT_POST, 1L);
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }

  CURL* ready() {
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
    return handle_;
  }
  CURL* handle() const { return handle_; }
  const std::string& body() const { return body_; }

  long status() const {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  int os_error() const {
    long error = 0;
    curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &error);
    return static_cast<int>(error);
  }
  const char* error() const { return error_; }

 private:
  void header(const std::string& text) { headers_ = curl_slist_append(headers_, text.c_str()); }

  static std::size_t on_body(const char* bytes, std::size_t size, std::size_t count, void* into) {
    auto* body = static_cast<std::string*>(into);
    if (body->size() + size * count > kMostBody) return 0;
    body->append(bytes, size * count);
    return size * count;
  }

  CURL* handle_;
  curl_slist* headers_ = nullptr;
  std::string url_;
  std::string body_;
  char error_[CURL_ERROR_SIZE] = "";
};

Remote::Remote(Where where) : where_(std::move(where)) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_ = curl_multi_init();
}

Remote::~Remote() {
  curl_multi_cleanup(multi_);
  curl_global_cleanup();
}

Result<RemoteReply> Remote::get(const std::string& path) {
  Transfer transfer(where_, path, kAnswerTimeout);
  return perform(transfer, {});
}

Result<RemoteReply> Remote::post(const std::string& path, const std::string& body, const Watch& watch) {
  Transfer transfer(where_, path, kAnswerTimeout);
  transfer.set_body(body);
  return perform(transfer, watch);
}

Result<RemoteReply> Remote::perform(Transfer& transfer, const Watch& watch) {
  std::unique_ptr<Transfer> look;  // at the status, meanwhile
  Clock::time_point next_look = Clock::now() + kWatch;
  curl_multi_add_handle(multi_, transfer.ready());
  int result = -1;
  while (result < 0) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const done = message->easy_handle;
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_, done);
      if (done == transfer.handle()) {
        result = code;
      } else {
        if (code == CURLE_OK && look->status() == 200) watch(look->body());
        look.reset();
        next_look = Clock::now() + kWatch;
      }
    }
    if (result >= 0) break;
    if (watch && !look && Clock::now() >= next_look) {
      look = std::make_unique<Transfer>(where_, "/v1/status", kStatusTimeout);
      curl_multi_add_handle(multi_, look->ready());
      continue;
    }
    curl_multi_poll(multi_, nullptr, 0, watch ? 100 : 1000, nullptr);
  }
  if (look) curl_multi_remove_handle(multi_, look->handle());
  if (result != CURLE_OK) return unreachable(transfer, result);
  return RemoteReply{transfer.status(), transfer.body()};
}

Error Remote::unreachable(const Transfer& transfer, int code) const {
  if (code == CURLE_COULDNT_CONNECT) {
    const int error = transfer.os_error();
    if (error == EACCES || error == EPERM)
      return Error{"may not open " + where_.text +
                   ": run this as the user of the host, or as one of its group (`admin.mode` says who may)"};
    return Error{"nobody listens on " + where_.text +
                 (error ? std::string(": ") + std::strerror(error) : "") +
                 "; is evloom running, with `admin` set to this address?"};
  }
  const char* reason = *transfer.error() ? transfer.error() : curl_easy_strerror(static_cast<CURLcode>(code));
  if (code == CURLE_OPERATION_TIMEDOUT)
    return Error{"no answer from " + where_.text + ": " + reason +
                 "; a change that is under way goes on: `evloom status` tells"};
  if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
      code == CURLE_PARTIAL_FILE)
    return Error{"the connection to " + where_.text + " broke off: " + reason +
                 "; has the host ended? See its log"};
  return Error{"cannot ask " + where_.text + ": " + reason};
}

}  // namespace evloom::cli
