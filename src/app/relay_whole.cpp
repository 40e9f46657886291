// An answer that is not a stream: read whole, settled, then sent with its final cost inside.
#include "relay.hpp"

#include <tollgate/core/json_writer.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/openai/error_body.hpp>
#include <tollgate/openai/retry_after.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::size_t padding = 64;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF"; // most JSON parsers stumble over it
constexpr std::size_t members_bytes_usual = 64;              // of usage, added before the answer goes on

// True: it was the last part, or none will follow.
bool add_part(whole_body& to, const result<std::string_view>& part) {
    const bool fits = part && to.bytes.size() + part->size() <= limits::upstream_answer_bytes_max;
    if (fits && !part->empty()) {
        if (to.bytes.empty()) to.bytes.reserve(part->size() + padding + members_bytes_usual);
        to.bytes.append(*part);
        return false;
    }
    to.complete = fits;
    if (!part) to.why = part.error();
    if (part && !fits) to.why = {errc::provider_error, "the answer is too large"};
    to.bytes.reserve(to.bytes.size() + padding); // simdjson reads past the end
    return true;
}

// What has come already; true: that is all of it.
bool take_at_hand(ports::upstream_answer& answer, whole_body& to) {
    while (const auto part = answer.at_hand())
        if (add_part(to, *part)) return true;
    return false;
}

task<> read_rest(ports::upstream_answer& answer, whole_body& to) {
    for (bool last = false; !last;) {
        const auto part = co_await answer.read();
        last = add_part(to, part);
    }
}

}

task<whole_body> read_all(ports::upstream_answer& answer) {
    whole_body out;
    if (!take_at_hand(answer, out)) co_await read_rest(answer, out);
    co_return out;
}

namespace {

// Into the body's `usage`, where the client finds the final cost.
void insert_cost(std::string& body, const openai::answer_report& report, const call& c) {
    if (report.usage_empty) {
        const std::string own = own_usage(c);
        body.insert(report.usage_close, own, 1, own.size() - 2);
    } else if (report.usage_close != 0) {
        body.insert(report.usage_close, "," + usage_members(c));
    } else if (report.usage_null != 0) {
        body.replace(report.usage_null, std::string_view("null").size(), own_usage(c));
    } else if (const auto end = body.find_last_not_of(" \t\r\n"); report.usage_absent && body[end] == '}') {
        const bool alone = body.find_last_not_of(" \t\r\n", end - 1) == body.find('{');
        body.insert(end, (alone ? "\"usage\":" : ",\"usage\":") + own_usage(c));
    }
}

}

task<> pass_error(call& c, const ports::upstream_answer& answer, const openai::error_answer& mapped) {
    c.x.drop_body();
    c.status = mapped.status;
    c.code = "provider_status_" + std::to_string(answer.status());
    c.use.metrics.provider_errors.fetch_add(1, std::memory_order_relaxed);
    outcome end;
    end.how = outcome::end::refused;
    co_await settle(c, end);
    c.client_gone = !co_await send_error(c, mapped);
}

namespace {

// A whole answer is generated, and billed, before its first byte is sent: when it cannot be read to its usage, what
// came of it says nothing about its cost.
bool cost_is_known(const whole_body& got, const openai::answer_report& report) {
    return report.usage.present || (got.complete && report.json);
}

refusal cut(const whole_body& got) {
    refusal why;
    why.code = got.why.code == errc::provider_timeout ? errc::provider_timeout : errc::provider_unavailable;
    why.message = "The provider's answer was cut before its end.";
    return why;
}

refusal unreadable() {
    refusal why;
    why.code = errc::provider_error;
    why.message = "The provider's answer is not a JSON object.";
    return why;
}

task<> pass_failure(call& c, const outcome& end, const refusal& why) {
    note_failure(c, why);
    co_await settle(c, end);
    co_await send_failure(c, why);
}

}

task<> relay_whole(call& c, ports::upstream_answer& answer) {
    c.x.drop_body();
    whole_body got;
    if (!take_at_hand(answer, got)) co_await read_rest(answer, got);
    if (got.bytes.starts_with(byte_order_mark)) got.bytes.erase(0, byte_order_mark.size());
    const openai::answer_report report = openai::read_answer(c.where, got.bytes, c.offer.route->provider->quirks);
    outcome end;
    end.how = outcome::end::unknown;
    if (cost_is_known(got, report)) end.how = got.complete ? outcome::end::complete : outcome::end::partial;
    end.report = report.usage;
    end.counted_output = report.output_tokens_counted;
    if (!got.complete || !report.json) {
        co_await pass_failure(c, end, got.complete ? unreadable() : cut(got));
        co_return;
    }
    if (report.error && !report.usage.present) {
        const auto wait_ms = openai::told_to_wait_ms(answer.fields(), c.use.clock.now());
        const openai::error_answer mapped =
            openai::normalise_provider_error(answer.status(), got.bytes, wait_ms, c.id_text);
        co_await pass_error(c, answer, mapped);
        co_return;
    }
    c.status = answer.status();
    const auto priced = [&] {
        insert_cost(got.bytes, report, c);
        keep_answer(c, content_type_of(answer), got.bytes);
    };
    co_await settle(c, end, priced);

    header_block fields;
    add_answer_fields(c, answer, fields);
    const auto views = fields.fields();
    c.client_gone = !co_await c.x.send(answer.status(), views, got.bytes);
}

}
