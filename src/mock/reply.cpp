#include "reply.hpp"

#include "json_out.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <array>
#include <bit>

namespace tollgate::mock {
namespace {

constexpr std::int64_t words_default = 16;

// One token each in the usual vocabularies, with the blank in front.
constexpr std::array<std::string_view, 16> vocabulary{" the", " of",  " and", " to",  " in", " is",   " that", " for",
                                                      " it",  " was", " on",  " are", " as", " with", " at",   " be"};

std::string_view finish_reason(const call& what, const counts& n) {
    if (what.wants_tool && !what.tool.empty()) return "tool_calls";
    return n.capped ? "length" : "stop";
}

void put_model(std::string& out, const call& what, const steering& how) {
    put(out, R"(,"model":)");
    put_string(out, model_of(what, how));
    if (what.kind != api::chat) return;
    put(out, R"(,"service_tier":)");
    put_string(out, tier_of(what, how));
}

std::string chat_message(const call& what, const counts& n) {
    std::string out = R"({"role":"assistant","content":)";
    if (what.wants_tool && !what.tool.empty()) {
        put_all(out, R"(null,"tool_calls":[{"id":"call_mock_0","type":"function","function":{"name":)");
        put_string(out, what.tool);
        put(out, R"(,"arguments":"{\"mock\":true}"}}])");
    } else {
        put_string(out, words(what, 0, n.words));
    }
    put(out, R"(,"refusal":null,"annotations":[]})");
    return out;
}

std::string json_chat(const call& what, const steering& how) {
    const counts n = count(what, how);
    std::string out = R"({"id":")";
    out.reserve(1024);
    put_all(out, answer_id(what, "chatcmpl-"), R"(","object":"chat.completion","created":)", created_at);
    put_model(out, what, how);
    put(out, R"(,"system_fingerprint":"fp_mock","choices":[)");
    const std::string message = chat_message(what, n);
    for (std::int64_t i = 0; i < what.choices; ++i)
        put_all(out, i > 0 ? "," : "", R"({"index":)", i, R"(,"message":)", message,
                R"(,"logprobs":null,"finish_reason":")", finish_reason(what, n), R"("})");
    put(out, "]");
    return out;
}

std::string json_completion(const call& what, const steering& how) {
    const counts n = count(what, how);
    std::string out = R"({"id":")";
    put_all(out, answer_id(what, "cmpl-"), R"(","object":"text_completion","created":)", created_at);
    put_model(out, what, how);
    put(out, R"(,"choices":[)");
    for (std::int64_t i = 0; i < what.choices; ++i)
        put_all(out, i > 0 ? "," : "", R"({"text":)", as_json(words(what, 0, n.words)), R"(,"index":)", i,
                R"(,"logprobs":null,"finish_reason":")", finish_reason(what, n), R"("})");
    put(out, "]");
    return out;
}

// Numbers in [-1, 1) that follow from the text; a 32-bit float each.
float embedding_value(std::uint64_t seed, std::int64_t input, std::int64_t at) {
    std::uint64_t mixed = seed + static_cast<std::uint64_t>(input * 7919 + at) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 29;
    return static_cast<float>(static_cast<std::int64_t>(mixed % 2000) - 1000) / 1000.0F;
}

std::string base64(std::string_view bytes) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned three = 0;
        for (std::size_t i = 0; i < 3; ++i)
            three = three << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) {
            const bool padding = at + i > bytes.size(); // the last group of one byte has two, of two bytes one
            out += padding ? '=' : digits[(three >> (18 - 6 * i)) & 63U];
        }
    }
    return out;
}

void put_embedding(std::string& out, const call& what, std::int64_t input) {
    std::string raw;
    for (std::int64_t at = 0; at < what.dimensions; ++at) {
        const float value = embedding_value(what.seed, input, at);
        if (what.base64) {
            const auto bits = std::bit_cast<std::array<char, 4>>(value);
            raw.append(bits.data(), bits.size());
        } else {
            put_all(raw, at > 0 ? "," : "", std::to_string(value));
        }
    }
    if (what.base64)
        put_all(out, "\"", base64(raw), "\"");
    else
        put_all(out, "[", raw, "]");
}

std::string json_embeddings(const call& what, const steering& how) {
    std::string out = R"({"object":"list","data":[)";
    for (std::int64_t i = 0; i < what.inputs; ++i) {
        put_all(out, i > 0 ? "," : "", R"({"object":"embedding","index":)", i, R"(,"embedding":)");
        put_embedding(out, what, i);
        put(out, "}");
    }
    put(out, "]");
    put_model(out, what, how);
    return out;
}

}

counts count(const call& what, const steering& how) {
    counts n;
    n.prompt = (what.text_bytes + 3) / 4;
    if (what.kind == api::embeddings) return n;
    const std::int64_t asked = how.completion_tokens.value_or(words_default);
    const std::int64_t cap = std::max<std::int64_t>(what.cap.value_or(asked), 0);
    n.words = std::min({asked, cap, limits::mock_words_max / what.choices});
    n.capped = cap < asked;
    n.completion = n.words * what.choices;
    return n;
}

std::string words(const call& what, std::int64_t from, std::int64_t to) {
    std::string out;
    for (std::int64_t i = from; i < to; ++i)
        out += vocabulary[(what.seed + static_cast<std::uint64_t>(i) * 7) % vocabulary.size()];
    return out;
}

std::string_view tier_of(const call& what, const steering& how) {
    if (!how.service_tier.empty()) return how.service_tier;
    return what.service_tier.empty() || what.service_tier == "auto" ? std::string_view("default") : what.service_tier;
}

std::string_view model_of(const call& what, const steering& how) { return how.model.empty() ? what.model : how.model; }

std::string answer_id(const call& what, std::string_view prefix) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(prefix);
    out += "mock";
    for (int shift = 60; shift >= 0; shift -= 4) out += digits[(what.seed >> shift) & 15U];
    return out;
}

std::string json_answer(const call& what, const steering& how) {
    std::string out;
    switch (what.kind) {
    case api::chat: out = json_chat(what, how); break;
    case api::completions: out = json_completion(what, how); break;
    case api::embeddings: out = json_embeddings(what, how); break;
    case api::responses: out = json_response(what, how); break;
    }
    const std::string usage = usage_member(what, how, count(what, how).words);
    put_all(out, usage.empty() ? "" : ",", usage, "}");
    return out;
}

}
