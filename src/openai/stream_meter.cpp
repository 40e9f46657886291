#include "chunk_shape.hpp"
#include "find_text.hpp"
#include "output_text.hpp"
#include "sse_splitter.hpp"
#include "stream_chunk.hpp"

#include <tollgate/core/free_text.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/openai/tokenizer.hpp>

namespace tollgate::openai {

namespace {

constexpr std::size_t padding_bytes = 64;
constexpr std::int64_t model_events_max = 4; // the model is named in one of the first events, or in the last
constexpr std::int64_t bytes_per_unread_token = 4;

bool ends_chat(std::string_view data) { return json::trimmed(data) == "[DONE]"; }

}

struct stream_meter::state {
    explicit state(options how) : options_(how) {}

    std::string_view feed(std::string_view bytes);
    std::string_view finish();
    std::string_view tail(std::string_view usage_members, std::string_view more);

    options options_;
    usage_report report_;
    bool ended_ = false, failed_ = false;
    bool finished_ = false;       // the input has ended
    bool usage_in_place_ = false; // the usage at hand came where it is complete
    std::int64_t events_ = 0;
    std::int64_t counted_ = 0, unread_bytes_ = 0;
    std::string text_;         // output not counted yet
    std::string out_, padded_; // what passes before run_, when it had to be put together; what was parsed last

private:
    struct held {
        std::string bytes;
        std::size_t usage_close = 0; // in `bytes`; 0: no usage object
        bool usage_empty = false;
        bool verbatim = false; // as it came, line ends included
    };

    void take(const sse_unit& unit);
    bool take_alike();
    void take_event(const sse_unit& unit);
    void take_chunk(const sse_unit& unit, std::string_view data);
    void take_response_event(const sse_unit& unit, std::string_view data);
    void complete_rest();

    bool responses() const { return options_.where == endpoint::responses; }
    answer_walk parse(std::string_view data);
    void count_text(std::string_view data);
    void count_when_much();
    void count_texts(const chunk_shape::texts& found);
    void learn_shape(const sse_unit& unit, const chunk_shape::texts& found, member_cut null_usage);

    void pass(std::string_view bytes);
    void pass_without(const sse_unit& unit, std::string_view data, member_cut cut);
    void hold(const sse_unit& unit, std::string_view data, const answer_walk& chunk);
    void release_held();
    std::string with_members(std::string_view usage_members) const;
    std::string_view output();

    sse_splitter splitter_;
    std::string_view run_; // bytes that pass as they are
    std::size_t fed_ = 0;  // bytes of the last feed()
    std::string joined_, rest_;
    held held_; // the event with the usage, until what follows it is known
    bool passed_last_ = true;
    chunk_shape shape_;                       // of a chunk that tells nothing but its texts
    std::size_t cut_end_ = 0, cut_bytes_ = 0; // of what is cut out of its event: bytes behind it, and its own
};

std::string_view stream_meter::state::feed(std::string_view bytes) {
    out_.clear();
    run_ = {};
    fed_ = bytes.size();
    if (ended_ || finished_) {
        const bool ends_its_last_line = splitter_.takes_line_feed(bytes) && responses();
        if (ends_its_last_line && held_.verbatim) held_.bytes += '\n';
        return {};
    }
    splitter_.add(bytes);
    sse_unit unit;
    while (!ended_) {
        if (take_alike()) continue;
        if (!splitter_.next(unit)) break;
        take(unit);
    }
    if (ended_) return output();
    const std::string_view rest = splitter_.rest();
    if (!splitter_.passing_unread() && rest.size() > limits::sse_event_bytes_max) {
        // The end of a stream is worth more memory than any other event: it carries the usage.
        const bool terminal = responses() && rest.substr(0, 256).find("response.") != std::string_view::npos &&
                              classify_responses_event({}, rest) == responses_event::terminal;
        if (rest.size() > limits::sse_terminal_bytes_max || !terminal) {
            splitter_.pass_unread();
            while (splitter_.next(unit)) take(unit);
        }
    }
    splitter_.keep();
    return output();
}

void stream_meter::state::take(const sse_unit& unit) {
    switch (unit.what) {
    case sse_unit::form::event: return take_event(unit);
    case sse_unit::form::line_feed:
        if (passed_last_) return pass(unit.bytes);
        if (held_.verbatim) held_.bytes += unit.bytes;
        return;
    case sse_unit::form::unread:
        unread_bytes_ += static_cast<std::int64_t>(unit.bytes.size());
        release_held();
        return pass(unit.bytes);
    case sse_unit::form::gap: return pass(unit.bytes);
    }
}

void stream_meter::state::take_event(const sse_unit& unit) {
    if (unit.data_lines == 0) return pass(unit.bytes);
    std::string_view data = unit.data;
    if (unit.data_lines > 1) {
        joined_ = sse_splitter::joined_data(unit.bytes, ' '); // to JSON a line break is a space
        data = joined_;
    }
    if (ends_chat(data)) {
        ended_ = true;
        return;
    }
    ++events_;
    responses() ? take_response_event(unit, data) : take_chunk(unit, data);
}

answer_walk stream_meter::state::parse(std::string_view data) {
    padded_.assign(data);
    padded_.append(padding_bytes, ' ');
    return {std::string_view(padded_).substr(0, data.size()), options_.quirks, report_};
}

void stream_meter::state::count_text(std::string_view data) {
    append_delta_text(text_, options_.where, data);
    count_when_much();
}

void stream_meter::state::count_when_much() {
    if (text_.size() < limits::stream_text_bytes_max) return;
    counted_ += count_tokens(text_);
    text_.clear();
}

void stream_meter::state::count_texts(const chunk_shape::texts& found) {
    for (const std::string_view text : found.all()) append_decoded(text_, text);
    count_when_much();
}

// Remembers a chunk that told nothing. Behind its last text alone is something cut, or the place would move.
void stream_meter::state::learn_shape(const sse_unit& unit, const chunk_shape::texts& found, member_cut null_usage) {
    const std::string_view event = unit.bytes;
    cut_bytes_ = cut_end_ = 0;
    if (!null_usage.empty()) {
        const char* const cut = unit.data.data() + null_usage.begin;
        const std::string_view last = found.count > 0 ? found.of[found.count - 1] : event.substr(0, 0);
        if (cut < last.data() + last.size()) return;
        cut_bytes_ = null_usage.end - null_usage.begin;
        cut_end_ = static_cast<std::size_t>(event.data() + event.size() - cut) - cut_bytes_;
    }
    shape_.learn(event, found);
}

// An event like the one learnt last: nothing in it but its texts needs to be looked at.
bool stream_meter::state::take_alike() {
    chunk_shape::texts found;
    const std::size_t size = shape_.fits(splitter_.event_at_hand(), found);
    if (size == 0) return false;
    const std::string_view event = splitter_.take_known(size);
    ++events_;
    release_held();
    count_texts(found);
    usage_in_place_ = false;
    pass(event.substr(0, size - cut_end_ - cut_bytes_));
    if (cut_bytes_ > 0) pass(event.substr(size - cut_end_));
    return true;
}

void stream_meter::state::take_chunk(const sse_unit& unit, std::string_view data) {
    chunk_shape::texts found;
    const bool listed = unit.data_lines == 1 && delta_texts(data, found);
    const usage_mark usage = find_usage(data);
    const bool wants_model = report_.model.empty() && events_ <= model_events_max;
    const bool parses = usage.tells || wants_model || holds(data, "\"error\"");
    release_held();
    listed ? count_texts(found) : count_text(data);
    if (!usage.tells) usage_in_place_ = false;
    const member_cut null_usage = options_.hide_usage ? usage.null : member_cut{};
    if (!parses) {
        shape_.forget();
        if (listed) learn_shape(unit, found, null_usage);
        return pass_without(unit, data, null_usage);
    }

    const answer_walk chunk = parse(data);
    if (chunk.error) {
        failed_ = true;
        return pass(unit.bytes);
    }
    const bool tells = chunk.found.close != 0;
    if (!tells) return pass_without(unit, data, null_usage);
    usage_in_place_ = report_.present && (chunk.choices == 0 || chunk.finished);
    if (options_.hide_usage) {
        if (chunk.choices == 0) {
            passed_last_ = false;
            return;
        }
        const auto at = static_cast<std::size_t>(chunk.found.member.data() - padded_.data());
        return pass_without(unit, data, cut_member(data, data.substr(at, chunk.found.member.size())));
    }
    if (chunk.choices == 0 || chunk.finished) return hold(unit, data, chunk);
    pass(unit.bytes);
}

void stream_meter::state::take_response_event(const sse_unit& unit, std::string_view data) {
    responses_event what = classify_responses_event(unit.name, data);
    const bool wants_model = report_.model.empty() && events_ <= model_events_max;
    if (what == responses_event::other) {
        count_text(data);
        const bool says_error = holds(data, "\"error\"");
        if (!wants_model && !says_error) return pass(unit.bytes);
    }
    const answer_walk event = parse(data);
    if (event.type == "error" || event.error) what = responses_event::error;
    if (ends_response(event.type)) what = responses_event::terminal;
    if (what == responses_event::error) failed_ = true;
    if (what != responses_event::terminal) return pass(unit.bytes);
    usage_in_place_ = report_.present;
    hold(unit, data, event);
    ended_ = true;
}

// Passes an event without one member of its data.
void stream_meter::state::pass_without(const sse_unit& unit, std::string_view data, member_cut cut) {
    if (cut.empty()) return pass(unit.bytes);
    if (unit.data_lines > 1) {
        out_.append(run_)
            .append("data: ")
            .append(data.substr(0, cut.begin))
            .append(data.substr(cut.end))
            .append("\n\n");
        run_ = {};
        passed_last_ = false; // its line ends are ours
        return;
    }
    const auto at = static_cast<std::size_t>(data.data() - unit.bytes.data());
    pass(unit.bytes.substr(0, at + cut.begin));
    pass(unit.bytes.substr(at + cut.end));
}

void stream_meter::state::hold(const sse_unit& unit, std::string_view data, const answer_walk& chunk) {
    passed_last_ = false;
    std::size_t at = 0;
    held_.verbatim = unit.data_lines == 1;
    if (!held_.verbatim) {
        held_.bytes.clear();
        if (!unit.name.empty()) held_.bytes.append("event: ").append(unit.name).append("\n");
        held_.bytes += "data: ";
        at = held_.bytes.size();
        held_.bytes.append(data).append("\n\n");
    } else {
        held_.bytes.assign(unit.bytes);
        at = static_cast<std::size_t>(data.data() - unit.bytes.data());
    }
    held_.usage_close = chunk.found.close == 0 ? 0 : at + chunk.found.close;
    held_.usage_empty = chunk.found.empty;
}

// Something follows the event that was held back, so it was not the last: it passes as it came.
void stream_meter::state::release_held() {
    if (held_.bytes.empty()) return;
    out_.append(run_).append(held_.bytes);
    run_ = {};
    held_ = {};
}

void stream_meter::state::pass(std::string_view bytes) {
    passed_last_ = true;
    if (bytes.empty()) return;
    if (run_.empty()) {
        run_ = bytes;
    } else if (run_.data() + run_.size() == bytes.data()) {
        run_ = {run_.data(), run_.size() + bytes.size()};
    } else {
        if (out_.empty()) out_.reserve(fed_); // mostly all of it passes
        out_ += run_;
        run_ = bytes;
    }
}

std::string_view stream_meter::state::output() {
    if (out_.empty()) return run_;
    out_ += run_;
    run_ = {};
    return out_;
}

// The input ended inside an event: it counts when it is whole but for its blank line, and is dropped when it was cut.
void stream_meter::state::complete_rest() {
    splitter_.add({});
    if (splitter_.passing_unread()) {
        out_ += "\n\n";
        return;
    }
    rest_ = splitter_.rest();
    if (rest_.empty()) return;
    rest_ += rest_.ends_with('\n') ? "\n" : "\n\n";
    sse_splitter whole;
    whole.add(rest_);
    sse_unit unit;
    while (!ended_ && whole.next(unit)) {
        if (unit.what == sse_unit::form::event && unit.data_lines > 0) {
            const std::string data = sse_splitter::joined_data(unit.bytes, ' ');
            usage_report ignored;
            padded_.assign(data).append(padding_bytes, ' ');
            const answer_walk check(std::string_view(padded_).substr(0, data.size()), options_.quirks, ignored);
            if (!check.json && !ends_chat(data)) return;
        }
        take(unit);
    }
}

std::string stream_meter::state::with_members(std::string_view usage_members) const {
    std::string out = held_.bytes;
    if (usage_members.empty() || held_.usage_close == 0) return out;
    std::string added(held_.usage_empty ? "" : ",");
    out.insert(held_.usage_close, added.append(usage_members));
    return out;
}

std::string_view stream_meter::state::finish() {
    out_.clear();
    run_ = {};
    if (!ended_ && !finished_) complete_rest();
    finished_ = true;
    return output();
}

std::string_view stream_meter::state::tail(std::string_view usage_members, std::string_view more) {
    finish();
    out_.append(run_).append(with_members(usage_members));
    run_ = {};
    held_ = {};
    if (ended_ && !responses()) out_.append(more).append("data: [DONE]\n\n");
    return out_;
}

stream_meter::stream_meter(options how) : state_(new state(how)) {}
stream_meter::~stream_meter() { delete state_; }
stream_meter::stream_meter(stream_meter&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

std::string_view stream_meter::feed(std::string_view bytes) { return state_->feed(bytes); }
void stream_meter::drop_output() {
    free_text(state_->out_);
    free_text(state_->padded_);
}
bool stream_meter::ended() const { return state_->ended_; }
bool stream_meter::failed() const { return state_->failed_; }
std::string_view stream_meter::finish() { return state_->finish(); }
std::string_view stream_meter::tail(std::string_view usage_members, std::string_view more) {
    return state_->tail(usage_members, more);
}
const usage_report& stream_meter::report() const { return state_->report_; }
bool stream_meter::usage_final() const {
    return state_->report_.present && (state_->usage_in_place_ || state_->ended_);
}
std::int64_t stream_meter::events() const { return state_->events_; }
std::int64_t stream_meter::output_tokens_counted() const {
    return state_->counted_ + count_tokens(state_->text_) + state_->unread_bytes_ / bytes_per_unread_token;
}

}
