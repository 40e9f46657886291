#pragma once

// Writes JSON by appending to one string. No tree, no copies: it is on the request path.

#include <tollgate/core/append.hpp>
#include <tollgate/core/money.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate {

// Appends `text` as a JSON string with quotes. Invalid UTF-8 and control characters are escaped.
void append_json_string(std::string& out, std::string_view text);

class json_writer {
public:
    explicit json_writer(std::string& out) : out_(out) {}
    // `out` ends inside an object that has members already.
    static json_writer inside(std::string& out) {
        json_writer w(out);
        w.fresh_ = false;
        return w;
    }

    json_writer& begin_object() { return open('{'); }
    json_writer& end_object() { return close('}'); }
    json_writer& begin_array() { return open('['); }
    json_writer& end_array() { return close(']'); }

    // `name` is written as it is: names are ours and need no escapes.
    json_writer& key(std::string_view name) {
        append_with(out_, name.size() + key_bytes, [&](char* at) { return put_key(at, name); });
        fresh_ = true;
        return *this;
    }
    json_writer& text(std::string_view value) {
        comma();
        append_json_string(out_, value);
        return *this;
    }
    json_writer& number(std::int64_t value) {
        append_with(out_, 1 + number_bytes_max, [&](char* at) { return put_number(put_comma(at), value); });
        return *this;
    }
    json_writer& boolean(bool value) { return raw(value ? "true" : "false"); }
    json_writer& null() { return raw("null"); }
    json_writer& raw(std::string_view json) {
        comma();
        out_ += json;
        return *this;
    }

    json_writer& member(std::string_view name, std::string_view value) { return key(name).text(value); }
    json_writer& member(std::string_view name, const char* value) { return key(name).text(value); }
    json_writer& member(std::string_view name, usd_nano amount) {
        append_with(out_, name.size() + key_bytes + usd_bytes_max + 2, [&](char* at) {
            at = put_key(at, name);
            *at++ = '"';
            at = put_usd(at, amount);
            *at++ = '"';
            return at;
        });
        return *this;
    }
    json_writer& member(std::string_view name, std::int64_t value) {
        append_with(out_, name.size() + key_bytes + number_bytes_max,
                    [&](char* at) { return put_number(put_key(at, name), value); });
        return *this;
    }
    json_writer& member(std::string_view name, int value) { return member(name, std::int64_t{value}); }
    json_writer& member(std::string_view name, bool value) { return key(name).boolean(value); }
    // Left out when empty.
    json_writer& optional_member(std::string_view name, std::string_view value) {
        return value.empty() ? *this : member(name, value);
    }

private:
    static constexpr std::size_t key_bytes = 4; // comma, quotes and colon

    char* put_comma(char* at) {
        if (!fresh_) *at++ = ',';
        fresh_ = false;
        return at;
    }
    char* put_key(char* at, std::string_view name) {
        at = put_comma(at);
        *at++ = '"';
        at = put(at, name);
        *at++ = '"';
        *at++ = ':';
        return at;
    }
    json_writer& open(char bracket) {
        comma();
        out_ += bracket;
        fresh_ = true;
        return *this;
    }
    json_writer& close(char bracket) {
        out_ += bracket;
        fresh_ = false;
        return *this;
    }
    void comma() {
        if (!fresh_) out_ += ',';
        fresh_ = false;
    }

    std::string& out_;
    bool fresh_ = true;
};

}
