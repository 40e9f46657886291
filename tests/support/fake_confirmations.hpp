#pragma once

// Confirmations and digests without cryptography, for tests of what is done with them.

#include <tollgate/core/limits.hpp>
#include <tollgate/ports/confirmations.hpp>
#include <tollgate/ports/digester.hpp>

#include <functional>
#include <map>

namespace tollgate::test {

class fake_confirmations final : public ports::confirmations {
public:
    ports::confirmation_token issue(const ports::confirmation_binding& what, instant now) override {
        const std::string text = "token" + std::to_string(issued_.size());
        const instant expires{now.us + std::int64_t{limits::confirmation_ms} * 1000};
        issued_[text] = {text_of(what), what.estimate, expires};
        return {text, expires};
    }
    std::expected<std::string, ports::confirmation_fault>
    check(std::string_view token, const ports::confirmation_binding& what, instant now) override {
        const auto at = issued_.find(std::string(token));
        if (at == issued_.end()) return std::unexpected(ports::confirmation_fault::malformed);
        if (now >= at->second.expires) return std::unexpected(ports::confirmation_fault::expired);
        if (at->second.bound != text_of(what) || what.estimate > at->second.estimate)
            return std::unexpected(ports::confirmation_fault::not_this_request);
        return "id of " + at->first;
    }

private:
    struct entry {
        std::string bound;
        usd_nano estimate;
        instant expires;
    };
    static std::string text_of(const ports::confirmation_binding& what) {
        std::string out;
        for (const std::string_view part : {what.tenant, what.key, what.request_hash, what.model_served})
            out.append(part).append("|");
        return out;
    }
    std::map<std::string, entry> issued_;
};

class fake_digester final : public ports::digester {
public:
    std::string request_digest(std::string_view endpoint, std::string_view body) override {
        return std::string(endpoint) + "#" + std::to_string(std::hash<std::string_view>()(body));
    }
};

}
