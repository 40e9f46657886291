#pragma once

// Cuts a stream of server-sent events into events, across any split of its bytes and with any line ending, without
// copying those that arrive whole.

#include <cstddef>
#include <string>
#include <string_view>

namespace tollgate::openai {

struct sse_unit {
    enum class form {
        event,     // fields and the blank line behind them
        gap,       // a comment or blank line between events: may be passed on at once
        unread,    // a piece of an event that was too large to be kept
        line_feed, // the second half of a CR LF whose first half ended the unit before
    };
    form what = form::gap;
    std::string_view bytes;
    std::string_view name; // of the event; empty when it has none
    std::string_view data; // its first data line
    int data_lines = 0;
};

class sse_splitter {
public:
    // Adds bytes that must stay valid until keep() has been called.
    void add(std::string_view bytes);
    // The next unit; false when none is complete. Views are valid until the add() after the next keep().
    bool next(sse_unit& out);
    // What is left of the bytes: the start of a unit.
    std::string_view rest() const { return view_.substr(block_); }
    // The same for somebody who knows an event by its bytes; empty while these may be something else's.
    std::string_view event_at_hand() const {
        return unread_ || line_feed_pending_ || !started_ ? std::string_view() : rest();
    }
    // Takes an event off event_at_hand().
    std::string_view take_known(std::size_t bytes) {
        const std::string_view taken = view_.substr(block_, bytes);
        start_block(block_ + bytes);
        return taken;
    }
    // The event at hand is too large: passes it on in pieces, up to its end.
    void pass_unread() { unread_ = true; }
    bool passing_unread() const { return unread_; }
    // Keeps the rest for the next add().
    void keep();

    // True when `bytes`, the next ones, start with the LF of a CR LF whose CR came last. For once reading has stopped.
    bool takes_line_feed(std::string_view bytes);

    // All data lines of an event, joined by `with`.
    static std::string joined_data(std::string_view event, char with);

private:
    bool skip_byte_order_mark();
    bool take_line(std::size_t& end, std::size_t& next);
    void read_field(std::string_view line);
    bool next_unread(sse_unit& out);
    bool next_plain(sse_unit& out);
    sse_unit unit(sse_unit::form what, std::size_t end);
    void start_block(std::size_t at);

    struct range {
        std::size_t begin = 0, size = 0;
    };
    std::string_view at(range r) const { return view_.substr(r.begin, r.size); }

    std::string_view view_;      // the bytes at hand: the caller's, or kept_
    std::string kept_, keeping_; // an event's start, and its successor while views into kept_ live
    bool own_ = false;           // view_ is kept_
    bool replace_ = false;       // keeping_ takes the place of kept_
    bool started_ = false;
    bool unread_ = false, line_begun_ = false; // line_begun_: the unread line at hand has bytes
    bool line_feed_pending_ = false;           // a CR came last: an LF right behind it belongs to it
    std::size_t block_ = 0;                    // where the event at hand starts
    std::size_t line_ = 0;                     // where its incomplete line starts
    std::size_t scan_ = 0;                     // no line ending before this
    int lines_ = 0, data_lines_ = 0;           // of the event at hand
    range name_, data_;
};

}
