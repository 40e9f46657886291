#pragma once

#include "json_text.hpp"

#include <tollgate/core/money.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::openai {

// Writes the members of a JSON object, one by one.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_(out) { out_.push_back('{'); }
    void close() { out_.push_back('}'); }

    std::string& key(std::string_view name) {
        if (!first_) out_.push_back(',');
        first_ = false;
        out_ += json::quoted(name);
        out_.push_back(':');
        return out_;
    }
    void text(std::string_view name, std::string_view value) { key(name) += json::quoted(value); }
    void text_if(std::string_view name, std::string_view value) {
        if (!value.empty()) text(name, value);
    }
    void text_or_null(std::string_view name, std::string_view value) {
        key(name) += value.empty() ? "null" : json::quoted(value);
    }
    void flag(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
    void amount(std::string_view name, std::optional<usd_nano> value) {
        if (value) text(name, to_usd(*value));
    }
    void count(std::string_view name, std::optional<std::int64_t> value) {
        if (value) key(name) += std::to_string(*value);
    }

private:
    std::string& out_;
    bool first_ = true;
};

}
