// Server-sent events: to the client as they come, usage read in passing, the terminator held back until the
// settlement is durable.
#include "relay.hpp"

#include <tollgate/core/json_writer.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/openai/error_body.hpp>

#include <array>
#include <optional>

namespace tollgate::app {

namespace {

enum class ending : std::uint8_t { clean, truncated, timed_out, client_gone };

// What the client was sent, for a repeat of the request; one byte past the maximum tells that there was more.
class transcript {
public:
    explicit transcript(bool wanted) : room_(wanted ? limits::idempotency_answer_bytes_max + 1 : 0) {}
    void add(std::string_view bytes) {
        const std::string_view some = bytes.substr(0, room_);
        text_.append(some);
        room_ -= some.size();
    }
    const std::string& text() const { return text_; }

private:
    std::size_t room_;
    std::string text_;
};

task<bool> write_one(ports::exchange& x, std::string_view bytes) {
    if (bytes.empty()) co_return true;
    const std::array pieces{bytes};
    if (const auto done = x.try_write(pieces)) co_return *done;
    co_return co_await x.write(pieces);
}

// The input has ended, well or not.
task<ending> end_of_input(call& c, openai::stream_meter& meter, transcript& sent, std::optional<error> why) {
    const std::string_view last = meter.finish(); // an event without its blank line; may end the stream
    sent.add(last);
    const bool written = co_await write_one(c.x, last);
    if (!written) co_return ending::client_gone;
    if (why && why->code == errc::provider_timeout) co_return ending::timed_out;
    const bool clean = meter.ended() || (!why && meter.failed());
    co_return clean ? ending::clean : ending::truncated;
}

// Nothing here allocates or suspends for a chunk but the wait for it.
task<ending> pump(call& c, ports::upstream_answer& answer, openai::stream_meter& meter, transcript& sent) {
    for (;;) {
        auto part = answer.at_hand();
        if (!part) {
            meter.drop_output(); // it may be long until more comes
            part = co_await answer.read();
        }
        if (c.x.stop().fired()) co_return ending::client_gone;
        if (!*part) co_return co_await end_of_input(c, meter, sent, part->error());
        if ((*part)->empty()) co_return co_await end_of_input(c, meter, sent, std::nullopt);
        const std::array ready{meter.feed(**part)};
        sent.add(ready[0]);
        std::optional<bool> written = ready[0].empty() ? true : c.x.try_write(ready);
        if (!written) written = co_await c.x.write(ready);
        if (!*written) co_return ending::client_gone;
        if (meter.ended()) co_return ending::clean; // what follows the terminator is nobody's
    }
}

outcome outcome_of(const openai::stream_meter& meter, ending how) {
    outcome end;
    const bool whole = how == ending::clean && !meter.failed();
    end.how = whole || meter.usage_final() ? outcome::end::complete : outcome::end::partial;
    end.report = meter.report();
    // Counting takes its time, and the provider's own count outranks ours.
    const bool told = end.report.present && !end.report.completion_missing;
    if (end.how != outcome::end::complete || !told) end.counted_output = meter.output_tokens_counted();
    return end;
}

refusal cut_refusal(ending how) {
    refusal why;
    why.code = how == ending::timed_out ? errc::provider_timeout : errc::stream_truncated;
    why.message = how == ending::timed_out
                      ? "The provider stopped sending before the end of its answer."
                      : "The provider's stream ended before its terminator; the answer is incomplete.";
    return why;
}

// Of its own, so that the head's memory goes before a stream that may wait for minutes.
task<> begin_stream(call& c, const ports::upstream_answer& answer) {
    header_block fields;
    add_answer_fields(c, answer, fields);
    const auto views = fields.fields();
    co_await c.x.begin(answer.status(), views);
    c.held.readings = {}; // they were told in the head, and are in the record's answers
}

// A client that asked for usage is told what was counted where its provider keeps it back; elsewhere nothing.
std::string missing_usage(const call& c, const openai::stream_meter& meter) {
    const bool chat = c.where == openai::endpoint::chat_completions;
    if (!c.asked.wants_usage || meter.failed() || meter.report().present) return {};
    if (!chat && c.where != openai::endpoint::completions) return {};
    const std::string& named = meter.report().model;
    std::string out = "data: {";
    json_writer w(out);
    w.member("id", (chat ? "chatcmpl-" : "cmpl-") + std::string(c.id_text));
    w.member("object", chat ? "chat.completion.chunk" : "text_completion").member("created", c.arrived.seconds());
    w.member("model", named.empty() ? std::string_view(c.offer.route->upstream_name) : std::string_view(named));
    return out.append(R"(,"choices":[],"usage":)").append(own_usage(c)).append("}\n\n");
}

// A stream that failed is never ended cleanly: an error event, then the connection closes.
task<> end_broken(call& c, ending how) {
    const refusal why = cut_refusal(how);
    const std::string event = openai::stream_error(c.where == openai::endpoint::responses, why, c.id_text);
    const bool written = co_await write_one(c.x, event);
    (void)written;
    c.x.abort();
}

}

task<> relay_stream(call& c, ports::upstream_answer& answer) {
    c.x.drop_body();
    c.status = answer.status();
    c.use.metrics.streams.fetch_add(1, std::memory_order_relaxed);
    co_await begin_stream(c, answer);

    openai::stream_meter::options how_to;
    how_to.where = c.where;
    how_to.hide_usage = usage_is_ours(c);
    how_to.quirks = c.offer.route->provider->quirks;
    openai::stream_meter meter(how_to);

    transcript sent(!c.idempotency_key.empty());
    const ending how = co_await pump(c, answer, meter, sent);
    answer.drop_read();
    c.client_gone = how == ending::client_gone;
    // A client that was sent nothing yet is told so plainly.
    const bool unsaid = how != ending::clean && !c.client_gone && c.x.take_back();
    if (c.client_gone)
        c.code = "client_closed";
    else if (unsaid)
        note_failure(c, cut_refusal(how));
    else if (how != ending::clean)
        c.code = openai::code_text(cut_refusal(how).code);
    const outcome end = outcome_of(meter, how);
    std::optional<std::string_view> rest;
    const auto priced = [&] {
        if (how != ending::clean) return;
        rest = meter.tail(usage_members(c), missing_usage(c, meter));
        sent.add(*rest);
        if (!meter.failed()) keep_answer(c, content_type_of(answer), sent.text());
    };
    co_await settle(c, end, priced);

    if (c.client_gone) {
        c.x.abort();
        co_return;
    }
    if (unsaid) {
        co_await send_failure(c, cut_refusal(how));
        co_return;
    }
    if (how != ending::clean) {
        co_await end_broken(c, how);
        co_return;
    }
    if (!rest) rest = meter.tail(usage_members(c)); // nothing was charged
    const std::array last{*rest};
    c.client_gone = !co_await c.x.finish(last);
}

}
