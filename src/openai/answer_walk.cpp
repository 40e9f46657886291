#include "answer_walk.hpp"

#include "hosted_tools.hpp"
#include "usage_reader.hpp"

#include <algorithm>

namespace tollgate::openai {

using json::kind;

namespace {

kind kind_of(json::ondemand::value& v) { return json::reader::kind_of(json::reader::token(v)); }

}

answer_walk::answer_walk(std::string_view text, const provider_quirks& quirks, usage_report& report)
    : reader_(text), text_(text), quirks_(quirks), report_(report) {
    json = reader_.root([this](json::member& m) { return member(m, false); });
    report_.used.web_search_calls = std::max(report_.used.web_search_calls, tool_calls_);
}

// A value that is not looked at is left to simdjson to step over.
bool answer_walk::member(json::member& m, bool nested) {
    const std::string_view key = m.key;
    if (key == "usage") return usage(m);
    if (key == "model") return text_of(m, report_.model);
    if (key == "choices") return list(m, &answer_walk::choice);
    if (key == "output") return list(m, &answer_walk::output_item);
    if (key == "object" && !nested) return text_of(m, object);
    if (key == "type" && !nested) return text_of(m, type);
    if (key == "error" && !nested) {
        error = json::reader::token(m.value) != "null";
        return true;
    }
    if (key == "service_tier") {
        std::string name;
        if (!text_of(m, name)) return false;
        if (const auto tier = parse_service_tier(name)) report_.tier = tier;
        return true;
    }
    const bool holds_more = (key == "response" && !nested) || (key == "x_groq" && !report_.present);
    if (!holds_more || kind_of(m.value) != kind::object) return true;
    if (key == "response") return reader_.object(m.value, [this](json::member& inner) { return member(inner, true); });
    return reader_.object(m.value, [this](json::member& inner) {
        if (inner.key != "usage" || kind_of(inner.value) != kind::object) return true;
        return read_usage(reader_, inner.value, quirks_, report_);
    });
}

bool answer_walk::usage(json::member& m) {
    const std::string_view token = json::reader::token(m.value);
    found.is_null = token == "null";
    found.member = {m.key_at, static_cast<std::size_t>(token.data() + token.size() - m.key_at)};
    if (kind_of(m.value) != kind::object) return true;
    if (!read_usage(reader_, m.value, quirks_, report_)) return false;
    const char* end = reader_.end_of_last();
    found.member = {m.key_at, static_cast<std::size_t>(end - m.key_at)};
    found.close = static_cast<std::uint32_t>(end - 1 - text_.data());
    found.empty = json::trimmed({token.data() + 1, static_cast<std::size_t>(end - 1 - (token.data() + 1))}).empty();
    return true;
}

bool answer_walk::list(json::member& m, bool (answer_walk::*element)(json::ondemand::value)) {
    if (kind_of(m.value) != kind::array) return true;
    const char* begin = json::reader::token(m.value).data();
    if (!reader_.array(m.value, [&](json::ondemand::value& v) { return (this->*element)(v); })) return false;
    outputs = {begin, static_cast<std::size_t>(reader_.end_of_last() - begin)};
    return true;
}

bool answer_walk::choice(json::ondemand::value from) {
    ++choices;
    if (kind_of(from) != kind::object) return true;
    return reader_.object(from, [this](json::member& m) {
        if (m.key == "finish_reason" && json::reader::token(m.value) != "null") finished = true;
        return true;
    });
}

// An item of `output`; those of tools that the provider ran cost a fee each.
bool answer_walk::output_item(json::ondemand::value from) {
    if (kind_of(from) != kind::object) return true;
    std::string item, action;
    const bool read = reader_.object(from, [&](json::member& m) {
        if (m.key == "type") return text_of(m, item);
        if (m.key != "action" || kind_of(m.value) != kind::object) return true;
        return reader_.object(m.value,
                              [&](json::member& inner) { return inner.key != "type" || text_of(inner, action); });
    });
    const bool only_reads = item == "web_search_call" && !action.empty() && action != "search";
    if (is_billed_tool_call(item) && !only_reads) ++tool_calls_;
    return read;
}

bool answer_walk::text_of(json::member& m, std::string& out) {
    std::string_view inside;
    const std::string_view token = json::reader::token(m.value);
    if (json::reader::kind_of(token) != kind::string) return true;
    if (!reader_.string(token, inside)) return false;
    if (!inside.empty()) out = json::has_escapes(inside) ? json::unescape(inside) : std::string(inside);
    return true;
}

}
