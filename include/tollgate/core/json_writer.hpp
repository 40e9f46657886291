#pragma once

// Writes JSON by appending to one string. No tree, no copies: it is on the request path.

#include <tollgate/core/money.hpp>

#include <charconv>
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
        comma();
        out_ += '"';
        out_ += name;
        out_ += "\":";
        fresh_ = true;
        return *this;
    }
    json_writer& text(std::string_view value) {
        comma();
        append_json_string(out_, value);
        return *this;
    }
    json_writer& number(std::int64_t value) {
        comma();
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        out_.append(digits, static_cast<std::size_t>(end - digits));
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
        key(name);
        out_ += '"';
        append_usd(out_, amount);
        out_ += '"';
        fresh_ = false;
        return *this;
    }
    json_writer& member(std::string_view name, std::int64_t value) { return key(name).number(value); }
    json_writer& member(std::string_view name, int value) { return key(name).number(value); }
    json_writer& member(std::string_view name, bool value) { return key(name).boolean(value); }
    // Left out when empty.
    json_writer& optional_member(std::string_view name, std::string_view value) {
        return value.empty() ? *this : member(name, value);
    }

private:
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
