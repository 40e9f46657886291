// A stream was asked for and the answer calls itself something else. Its first bytes tell what it is: some providers
// send events as text/plain, or as no type at all.
#include "relay.hpp"

#include <algorithm>
#include <array>

namespace tollgate::app {

namespace {

bool looks_like_events(std::string_view text) {
    static constexpr std::array<std::string_view, 5> beginnings{"data:", "event:", ":", "id:", "retry:"};
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    return !text.empty() && std::ranges::any_of(beginnings, [&](std::string_view beginning) {
        return text.starts_with(beginning) || beginning.starts_with(text);
    });
}

// An answer that was read once, from its beginning.
class reread final : public ports::upstream_answer {
public:
    reread(ports::upstream_answer& from, result<std::string_view> first, bool events)
        : from_(from), first_(std::move(first)), fields_(from.fields().begin(), from.fields().end()) {
        if (!events) return;
        std::erase_if(fields_, [](const field& f) { return same_name(f.name, "content-type"); });
        fields_.push_back({"content-type", "text/event-stream"});
    }

    int status() const override { return from_.status(); }
    std::span<const field> fields() const override { return fields_; }
    task<result<std::string_view>> read() override {
        if (read_) co_return co_await from_.read();
        read_ = true;
        co_return first_;
    }
    void drop_read() override { from_.drop_read(); }

private:
    ports::upstream_answer& from_;
    result<std::string_view> first_;
    std::vector<field> fields_;
    bool read_ = false;
};

}

task<> relay_by_its_looks(call& c, ports::upstream_answer& answer) {
    auto first = co_await answer.read();
    const bool events = first && looks_like_events(*first);
    reread from_the_beginning(answer, std::move(first), events);
    if (events)
        co_await relay_stream(c, from_the_beginning);
    else
        co_await relay_whole(c, from_the_beginning);
}

}
