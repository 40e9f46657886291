#include "request_reader.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::openai {

std::string_view route_of(endpoint where) {
    switch (where) {
    case endpoint::chat_completions: return "/v1/chat/completions";
    case endpoint::completions: return "/v1/completions";
    case endpoint::embeddings: return "/v1/embeddings";
    case endpoint::responses: return "/v1/responses";
    }
    TG_ASSERT(false);
}

namespace {

std::string explain(json::fault why, std::size_t at) {
    switch (why) {
    case json::fault::empty: return "The request body is empty. Send a JSON object.";
    case json::fault::not_an_object: return "The request body must be a JSON object.";
    case json::fault::too_deep:
        return "The request body nests more than " + std::to_string(limits::json_depth_max) +
               " levels deep. Send a flatter object.";
    case json::fault::trailing:
        return "Something follows the JSON object in the request body. Send one object and nothing else.";
    case json::fault::none:
    case json::fault::not_json: break;
    }
    const std::string where = at > 0 ? " (near byte " + std::to_string(at) + ")" : std::string();
    return "The request body is not valid JSON" + where + ". Check its syntax and its encoding, UTF-8.";
}

std::string explain(json::number_fault why, std::string_view name) {
    const std::string what = "`" + std::string(name) + "` ";
    switch (why) {
    case json::number_fault::negative: return what + "must not be negative.";
    case json::number_fault::fractional: return what + "must be a whole number.";
    case json::number_fault::huge: break;
    case json::number_fault::not_a_number: return what + "must be a number, not text or another type.";
    }
    return what + "must be at most " + std::to_string(limits::tokens_max) + ".";
}

}

request_reader::request_reader(endpoint where, std::string_view body, bool exact)
    : body_(body), json_(body), prompt_(json_, facts_, exact) {
    facts_.where = where;
}

bool request_reader::read() {
    if (body_.starts_with("\xEF\xBB\xBF"))
        return refuse({}, "The request body starts with a byte order mark. Send plain UTF-8 without one.");
    if (!json_.root([this](json::member& m) { return top_level(m); })) return false;
    return finish();
}

refusal request_reader::take_refusal() {
    if (!refused_) refuse({}, explain(json_.failure(), json_.stopped_at()));
    return std::move(refusal_);
}

bool request_reader::refuse(std::string_view param, std::string message) {
    if (refused_) return false;
    refused_ = true;
    refusal_.code = errc::invalid_request;
    refusal_.param = param;
    refusal_.message = std::move(message);
    return false;
}

byte_range request_reader::range_of(std::string_view text) const {
    const auto begin = static_cast<std::uint32_t>(text.data() - body_.data());
    return {begin, begin + static_cast<std::uint32_t>(text.size())};
}

bool request_reader::top_level(json::member& m) {
    if (facts_.object_open == 0) facts_.object_open = static_cast<std::uint32_t>(body_.find('{') + 1);
    const field_match match = find_request_field(m);
    if (match.field == nullptr) return prompt_.raw(m.value);
    const std::string_view name = match.field->name;
    if (!match.exact)
        return refuse(name, "The key `" + json::unescape(m.key) + "` differs from `" + std::string(name) +
                                "` by case only, and providers disagree on what that means. Write `" +
                                std::string(name) + "`.");
    return once(match.index, name) && match.field->read(*this, m, name);
}

bool request_reader::once(std::size_t index, std::string_view name) {
    if (seen_.test(index))
        return refuse(name, "`" + std::string(name) +
                                "` stands twice in the request, and parsers disagree on which one "
                                "counts. Send it once.");
    seen_.set(index);
    return true;
}

bool request_reader::finish() {
    if (facts_.model.empty()) return refuse("model", "Name the model to use in `model`.");
    if (wants_no_output && !echo)
        return refuse("max_tokens", "`max_tokens` must be at least 1, unless `echo` is true.");
    if (where() == endpoint::completions) {
        facts_.choices = prompts * std::max(choices_asked, best_of);
    } else if (where() == endpoint::chat_completions) {
        facts_.choices = choices_asked;
    }
    if (where() == endpoint::completions || where() == endpoint::embeddings) facts_.messages += prompts;
    facts_.end_user = safety_identifier.empty() ? std::move(user) : std::move(safety_identifier);
    return true;
}

bool request_reader::flag(json::member& m, std::string_view name, bool& out) {
    const std::string_view token = json::reader::token(m.value);
    if (token == "null") return true;
    if (token != "true" && token != "false") return refuse(name, "`" + std::string(name) + "` must be true or false.");
    out = token == "true";
    return true;
}

bool request_reader::count(json::member& m, std::string_view name, std::optional<std::int64_t>& out) {
    const std::string_view token = json::reader::token(m.value);
    if (token == "null") return true;
    const auto number = json::whole_number(token);
    if (!number) return refuse(name, explain(number.error(), name));
    if (*number > limits::tokens_max) return refuse(name, explain(json::number_fault::huge, name));
    out = *number;
    return true;
}

bool request_reader::text_value(json::member& m, std::string_view name, std::optional<std::string>& out) {
    const std::string_view token = json::reader::token(m.value);
    if (token == "null") return true;
    std::string_view inside;
    if (json::reader::kind_of(token) != json::kind::string)
        return refuse(name, "`" + std::string(name) + "` must be a string.");
    if (!json_.string(token, inside)) return false;
    out = json::has_escapes(inside) ? json::unescape(inside) : std::string(inside);
    return true;
}

bool request_reader::label(json::member& m, std::string_view name, std::string& out) {
    std::optional<std::string> value;
    if (!text_value(m, name, value)) return false;
    if (!value) return true;
    if (value->size() > limits::attribution_bytes_max)
        return refuse(name, "`" + std::string(name) + "` must be at most " +
                                std::to_string(limits::attribution_bytes_max) + " bytes long.");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(*value, is_control))
        return refuse(name, "`" + std::string(name) + "` must not hold control characters.");
    out = json::trimmed(*value); // as a header's value is: one tag, not two, however it is sent
    return true;
}

std::expected<request_facts, refusal> read_request(endpoint where, std::string_view body) {
    request_reader reader(where, body, false);
    if (!reader.read()) return std::unexpected(reader.take_refusal());
    return std::move(reader.facts());
}

std::int64_t count_input_tokens(endpoint where, std::string_view body) {
    request_reader reader(where, body, true);
    if (!reader.read()) return static_cast<std::int64_t>(body.size()); // the bound that needs no reading
    return reader.exact_tokens();
}

}
