#include "error_words.hpp"

#include "json_text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace tollgate::openai {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t body_bytes_read_max = 64 * 1024;
constexpr std::size_t message_bytes_max = 2'000;

// What a provider said, whatever the shape it said it in.
struct said {
    std::string message, type, param, code;
    int status = 0; // a numeric code
};

std::string text_at(dom::element from, std::string_view key) {
    std::string_view text;
    return from[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// FastAPI: {"detail": "text"} or {"detail": [{"loc": ["body", "x"], "msg": "..."}]}.
void read_detail(dom::element from, said& out) {
    std::string_view text;
    if (from.get(text) == simdjson::SUCCESS) {
        out.message = text;
        return;
    }
    dom::array problems;
    if (from.get(problems) != simdjson::SUCCESS) return;
    for (dom::element problem : problems) {
        if (!out.message.empty()) out.message += "; ";
        out.message += text_at(problem, "msg");
        dom::array place;
        if (!out.param.empty() || problem["loc"].get(place) != simdjson::SUCCESS) continue;
        for (dom::element step : place)
            if (step.get(text) == simdjson::SUCCESS && text != "body")
                out.param += (out.param.empty() ? "" : ".") + std::string(text);
    }
}

void read_object(dom::element from, said& out) {
    for (const std::string_view key : {"message", "Message", "msg"})
        if (out.message.empty()) out.message = text_at(from, key);
    dom::element detail;
    if (out.message.empty() && from["message"]["detail"].get(detail) == simdjson::SUCCESS) read_detail(detail, out);
    if (out.message.empty() && from["detail"].get(detail) == simdjson::SUCCESS) read_detail(detail, out);
    out.type = text_at(from, "type");
    if (out.param.empty()) out.param = text_at(from, "param");
    out.code = text_at(from, "code");
    if (out.code.empty()) out.code = text_at(from, "status"); // Google: code is a number, status its name
    std::int64_t number = 0;
    if (from["code"].get(number) == simdjson::SUCCESS && number >= 400 && number < 600)
        out.status = static_cast<int>(number);
}

void read_document(dom::element from, said& out) {
    dom::array several;
    if (from.get(several) == simdjson::SUCCESS) {
        dom::element first;
        if (several.at(0).get(first) == simdjson::SUCCESS && first.is_object()) read_document(first, out);
        return;
    }
    if (!from.is_object()) return;
    dom::element inner;
    std::string_view text;
    if (from["error"].get(inner) != simdjson::SUCCESS) return read_object(from, out);
    if (inner.is_object()) return read_object(inner, out);
    if (inner.get(text) == simdjson::SUCCESS) {
        out.message = text;
        out.code = text_at(from, "code");
    }
}

// Cuts at a character's start.
void shorten(std::string& text) {
    if (text.size() <= message_bytes_max) return;
    std::size_t end = message_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    text += "...";
}

said read_error(std::string_view body) {
    said out;
    body = body.substr(0, body_bytes_read_max);
    dom::parser parser;
    dom::element document;
    if (parser.parse(body.data(), body.size()).get(document) == simdjson::SUCCESS) {
        read_document(document, out);
    } else if (const std::string_view plain = json::trimmed(body);
               !plain.starts_with('<') && simdjson::validate_utf8(plain)) {
        out.message = plain; // a page of a proxy says nothing; a line of text may
    }
    shorten(out.message);
    for (std::string* word : {&out.type, &out.param, &out.code})
        if (word->size() > 128) word->clear();
    return out;
}

bool mentions(const said& error, std::string_view word) {
    return error.code.find(word) != std::string::npos || error.type.find(word) != std::string::npos;
}

// An error that came with a success status: its own words say what it is.
int real_status(int status, const said& error) {
    if (status >= 400) return status;
    if (error.status != 0) return error.status;
    if (mentions(error, "rate_limit")) return 429;
    if (mentions(error, "invalid_request")) return 400;
    return 502;
}

errc code_for(int status, const said& error) {
    switch (status) {
    case 401:
    case 402:
    case 403: return errc::provider_configuration_error;
    // The provider's quota is the operator's affair; the caller's own budget is fine.
    case 429:
        return mentions(error, "insufficient_quota") ? errc::provider_configuration_error : errc::provider_rate_limited;
    case 408:
    case 504: return errc::provider_timeout;
    case 503:
    case 529: return errc::provider_unavailable;
    default: return errc::provider_error;
    }
}

}

error_answer normalise_provider_error(int status, std::string_view body, std::optional<std::uint32_t> wait_ms,
                                      std::string_view request_id) {
    const said error = read_error(body);
    const int real = real_status(status, error);
    refusal why;
    why.code = code_for(real, error);
    why.upstream_status = status;
    if (why.code == errc::provider_rate_limited) {
        why.retry_after_ms = wait_ms;
        if (!why.retry_after_ms)
            why.message =
                "The provider limits the rate of requests and does not say for how long. Send this one again in "
                "a moment.";
    }
    // What the request itself got wrong is the caller's to know, in the provider's words.
    const bool callers_fault = real < 500 && why.code == errc::provider_error;
    if (!callers_fault) return to_answer(why, request_id);

    const error_words words{.message = error.message.empty() ? "The provider refused this request without a reason."
                                                             : std::string_view(error.message),
                            .type = error.type.empty() || error.type == "error" ? "invalid_request_error"
                                                                                : std::string_view(error.type),
                            .param = error.param,
                            .code = error.code};
    error_answer out = to_answer(words, why, request_id);
    out.status = real;
    out.fields.clear(); // the status says whether to send again
    return out;
}

}
