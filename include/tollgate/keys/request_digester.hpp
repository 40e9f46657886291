#pragma once

#include <tollgate/ports/digester.hpp>

#include <memory>

namespace tollgate::keys {

// ports::digester over OpenSSL.
class request_digester final : public ports::digester {
public:
    request_digester(); // throws std::runtime_error when the library has no SHA-256
    std::string request_digest(std::string_view endpoint, std::string_view body) override;

private:
    struct free_state {
        void operator()(void* state) const;
    };
    std::unique_ptr<void, free_state> state_; // an EVP_MD_CTX that knows its digest
};

}
