#pragma once

// Tallies what the model will see of a request: text, images, audio, files, and input that is not in the body at all.

#include "json_reader.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/openai/request.hpp>

#include <cstdint>
#include <string_view>

namespace tollgate::openai {

class prompt_walk {
public:
    // With `exact`, text is counted in tokens instead of bytes.
    prompt_walk(json::reader& reader, request_facts& facts, bool exact)
        : reader_(reader), facts_(facts), exact_(exact) {}

    // All functions consume the value; false: the reader has failed.
    bool messages(json::ondemand::value from);                     // a string, or an array of messages or items
    bool prompts(json::ondemand::value from, std::int64_t& count); // strings or token arrays, one or many
    bool raw(json::ondemand::value from);                          // counted as it stands
    bool raw(json::ondemand::value from, std::string_view& text);

    void count_raw(std::string_view text) { this->text(text); } // JSON that has been read already

    std::int64_t exact_tokens() const { return exact_tokens_; }

private:
    struct place { // the key a value stands under, and the key above that
        std::string_view key, parent;
    };
    bool content(json::ondemand::value from, place at);
    bool part(json::ondemand::value from, std::string_view key);
    void string(std::string_view inside, place at);
    bool media(std::string_view inside, place at);
    void text(std::string_view inside);

    json::reader& reader_;
    request_facts& facts_;
    bool exact_;
    std::int64_t exact_tokens_ = 0;
    std::int64_t exact_bytes_left_ = limits::exact_count_bytes_max;
};

}
