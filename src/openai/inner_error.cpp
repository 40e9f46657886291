#include <tollgate/openai/inner_error.hpp>

#include "json_text.hpp"
#include "sse_splitter.hpp"

#include <tollgate/openai/metering.hpp>

namespace tollgate::openai {

namespace {

constexpr std::string_view mark = "\"error\"";

std::optional<std::string> error_of_stream(endpoint where, std::string_view bytes, const provider_quirks& quirks) {
    stream_meter::options how;
    how.where = where;
    how.quirks = quirks;
    stream_meter meter(how);
    meter.feed(bytes);
    if (!meter.failed() || meter.report().present || meter.output_tokens_counted() > 0) return std::nullopt;
    sse_splitter events;
    events.add(bytes);
    sse_unit unit;
    while (events.next(unit))
        if (unit.what == sse_unit::form::event && unit.data.find(mark) != std::string_view::npos)
            return sse_splitter::joined_data(unit.bytes, '\n');
    return std::nullopt;
}

}

bool may_be_error(std::string_view first) { return first.find(mark) != std::string_view::npos; }

bool has_event(std::string_view bytes) {
    sse_splitter events;
    events.add(bytes);
    sse_unit unit;
    while (events.next(unit))
        if (unit.what == sse_unit::form::event && unit.data_lines > 0) return true;
    return false;
}

bool says_nothing(endpoint where, std::string_view whole, const provider_quirks& quirks) {
    stream_meter::options how;
    how.where = where;
    how.quirks = quirks;
    stream_meter meter(how);
    meter.feed(whole);
    meter.finish();
    return meter.events() == 0 && !meter.ended();
}

std::optional<std::string> inner_error(endpoint where, std::string_view bytes, const provider_quirks& quirks) {
    if (!json::trimmed(bytes).starts_with('{')) return error_of_stream(where, bytes, quirks);
    const answer_report report = read_answer(where, bytes, quirks);
    if (!report.error || report.usage.present) return std::nullopt;
    return std::string(bytes);
}

}
