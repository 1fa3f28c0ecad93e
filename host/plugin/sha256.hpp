// Sha256: tells whether two files have the same content. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

struct evp_md_ctx_st;

namespace evloom::plugin {

class Sha256 {
 public:
  Sha256();
  ~Sha256();

  void add(const void* data, std::size_t size);
  // Hexadecimal, of all that was added. Ends it.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace evloom::plugin
