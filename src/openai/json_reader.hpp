#pragma once

// Reads a JSON document front to back and checks all of it: what simdjson leaves to the caller (escapes, numbers,
// depth, what follows the document) is checked here, so that a body is either valid JSON or refused.

#include "json_text.hpp"

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace tollgate::openai::json {

namespace ondemand = simdjson::ondemand;

enum class kind : std::uint8_t { object, array, string, number, boolean, null, invalid };

enum class fault : std::uint8_t { none, empty, not_json, not_an_object, too_deep, trailing };

// A member of an object. `key` stands between its quotes as written; `key_at` is its opening quote.
struct member {
    std::string_view key;
    const char* key_at = nullptr;
    bool key_escaped = false;
    ondemand::value value;
};

class reader {
public:
    // `text` must be followed by 64 readable bytes and outlive the reader. One reader at a time in a thread.
    explicit reader(std::string_view text);

    // Reads the document, which must be an object; `on_member(member&) -> bool` must consume each value (false stops).
    template <class OnMember>
    bool root(OnMember&& on_member);

    template <class OnMember>
    bool object(ondemand::value from, OnMember&& on_member);
    template <class OnElement>
    bool array(ondemand::value from, OnElement&& on_element);

    // Checks a value and all below it.
    bool skip(ondemand::value from);
    // The same, and how it stands in the text.
    bool skip(ondemand::value from, std::string_view& raw);

    // The first token of a value, without the white space behind it: all of a scalar.
    static std::string_view token(ondemand::value& from);
    static kind kind_of(std::string_view token);
    // Checks a string token and gives what stands between its quotes.
    bool string(std::string_view token, std::string_view& inside);

    // The end of the value that was read last (a nested one: something always follows it).
    const char* end_of_last();

    fault failure() const { return failure_; }
    // Where reading stopped, in bytes from the start.
    std::size_t stopped_at() const { return stopped_at_; }
    std::size_t offset(const char* at) const { return static_cast<std::size_t>(at - text_.data()); }

    bool fail(fault why);

private:
    static std::string_view key_text(ondemand::field& from, bool& escaped);
    template <class OnMember>
    bool members(ondemand::object from, OnMember& on_member);
    bool at_end();

    std::string_view text_;
    std::unique_ptr<ondemand::parser> own_;
    ondemand::document document_;
    fault failure_ = fault::none;
    std::size_t stopped_at_ = 0;
    int depth_ = 0;
};

bool depth_allowed(int depth);

template <class OnMember>
bool reader::members(ondemand::object from, OnMember& on_member) {
    if (!depth_allowed(++depth_)) return fail(fault::too_deep);
    for (auto item : from) {
        ondemand::field found;
        if (std::move(item).get(found) != simdjson::SUCCESS) return fail(fault::not_json);
        member next;
        next.key = key_text(found, next.key_escaped);
        next.key_at = next.key.data() - 1;
        if (next.key_escaped && !valid_escapes(next.key)) return fail(fault::not_json);
        next.value = found.value();
        if (!on_member(next)) return fail(fault::not_json);
    }
    --depth_;
    return true;
}

template <class OnMember>
bool reader::root(OnMember&& on_member) {
    if (failure_ != fault::none) return false;
    ondemand::object top;
    const auto error = document_.get_object().get(top);
    if (error == simdjson::INCORRECT_TYPE) return fail(fault::not_an_object);
    if (error != simdjson::SUCCESS) return fail(fault::not_json);
    if (!members(top, on_member)) return false;
    return at_end() || fail(fault::trailing);
}

template <class OnMember>
bool reader::object(ondemand::value from, OnMember&& on_member) {
    ondemand::object inner;
    if (from.get_object().get(inner) != simdjson::SUCCESS) return fail(fault::not_json);
    return members(inner, on_member);
}

template <class OnElement>
bool reader::array(ondemand::value from, OnElement&& on_element) {
    if (!depth_allowed(++depth_)) return fail(fault::too_deep);
    ondemand::array inner;
    if (from.get_array().get(inner) != simdjson::SUCCESS) return fail(fault::not_json);
    for (auto item : inner) {
        ondemand::value element;
        if (std::move(item).get(element) != simdjson::SUCCESS) return fail(fault::not_json);
        if (!on_element(element)) return fail(fault::not_json);
    }
    --depth_;
    return true;
}

}
