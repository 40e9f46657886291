#include "sse_splitter.hpp"

#include <algorithm>

namespace tollgate::openai {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::size_t find_line_end(std::string_view text, std::size_t from) {
    const std::size_t feed = std::min(text.find('\n', from), text.size());
    const std::size_t ret = text.substr(0, feed).find('\r', from);
    return std::min(ret, feed);
}

// "name: value" -> value, when the line is of that field.
bool field_value(std::string_view line, std::string_view name, std::string_view& value) {
    if (!line.starts_with(name)) return false;
    value = line.substr(name.size());
    if (value.empty()) return true; // a field without a colon has an empty value
    if (value.front() != ':') return false;
    value.remove_prefix(1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    return true;
}

}

void sse_splitter::add(std::string_view bytes) {
    if (replace_) {
        kept_.swap(keeping_);
        keeping_.clear();
        replace_ = false;
    }
    own_ = !kept_.empty();
    if (own_) kept_ += bytes;
    view_ = own_ ? std::string_view(kept_) : bytes;
}

void sse_splitter::keep() {
    const std::string_view left = rest();
    if (own_ && block_ == 0 && !left.empty()) return; // grows in place
    keeping_.assign(left);                            // kept_ may be looked at until the next add()
    replace_ = true;
    scan_ -= block_;
    line_ -= block_;
    name_.begin -= std::min(name_.begin, block_);
    data_.begin -= std::min(data_.begin, block_);
    block_ = 0;
}

bool sse_splitter::skip_byte_order_mark() {
    if (started_) return true;
    if (view_.size() < byte_order_mark.size() && byte_order_mark.starts_with(view_)) return false;
    started_ = true;
    if (view_.starts_with(byte_order_mark)) start_block(byte_order_mark.size());
    return true;
}

void sse_splitter::start_block(std::size_t at) {
    block_ = line_ = scan_ = at;
    lines_ = data_lines_ = 0;
    name_ = data_ = {};
}

// Finds the end of the line at hand, and where the next one starts.
bool sse_splitter::take_line(std::size_t& end, std::size_t& next) {
    if (line_feed_pending_ && line_ < view_.size()) {
        line_feed_pending_ = false;
        if (view_[line_] == '\n') scan_ = ++line_;
    }
    end = find_line_end(view_, scan_);
    if (end == view_.size()) {
        scan_ = end;
        return false;
    }
    next = end + 1;
    if (view_[end] == '\r') {
        if (next < view_.size())
            next += view_[next] == '\n';
        else
            line_feed_pending_ = true;
    }
    return true;
}

void sse_splitter::read_field(std::string_view line) {
    ++lines_;
    std::string_view value;
    const auto range_of = [&] { return range{static_cast<std::size_t>(value.data() - view_.data()), value.size()}; };
    if (field_value(line, "data", value)) {
        if (data_lines_++ == 0) data_ = range_of();
    } else if (field_value(line, "event", value)) {
        name_ = range_of();
    }
}

sse_unit sse_splitter::unit(sse_unit::form what, std::size_t end) {
    sse_unit out;
    out.what = what;
    out.bytes = view_.substr(block_, end - block_);
    if (what == sse_unit::form::event) {
        out.name = at(name_);
        out.data = at(data_);
        out.data_lines = data_lines_;
    }
    start_block(end);
    return out;
}

bool sse_splitter::next(sse_unit& out) {
    if (!skip_byte_order_mark()) return false;
    if (unread_) return next_unread(out);
    if (line_feed_pending_ && lines_ == 0 && line_ < view_.size() && line_ == block_) {
        line_feed_pending_ = false;
        if (view_[block_] == '\n') {
            out = unit(sse_unit::form::line_feed, block_ + 1);
            return true;
        }
    }
    if (next_plain(out)) return true;
    std::size_t end = 0, after = 0;
    while (take_line(end, after)) {
        const std::string_view line = view_.substr(line_, end - line_);
        line_ = scan_ = after;
        if (line.empty() || (line.front() == ':' && lines_ == 0)) {
            out = unit(lines_ > 0 ? sse_unit::form::event : sse_unit::form::gap, after);
            return true;
        }
        read_field(line);
    }
    return false;
}

// The usual event: one line of data and a blank one, LF at the end of both, all of it there.
bool sse_splitter::next_plain(sse_unit& out) {
    constexpr std::string_view field = "data: ";
    if (line_feed_pending_ || lines_ > 0 || scan_ != block_ || view_.substr(block_, field.size()) != field)
        return false;
    const std::size_t begin = block_ + field.size();
    const std::size_t end = view_.find('\n', begin);
    if (end == std::string_view::npos || view_.substr(end + 1, 1) != "\n") return false;
    const std::string_view data = view_.substr(begin, end - begin);
    if (data.find('\r') != std::string_view::npos) return false;
    data_ = {begin, data.size()};
    data_lines_ = 1;
    out = unit(sse_unit::form::event, end + 2);
    return true;
}

bool sse_splitter::next_unread(sse_unit& out) {
    std::size_t end = 0, after = 0;
    while (take_line(end, after)) {
        const bool blank = end == line_ && !line_begun_;
        line_ = scan_ = after;
        line_begun_ = false;
        if (!blank) continue;
        unread_ = false;
        out = unit(sse_unit::form::unread, after);
        return true;
    }
    if (block_ == view_.size()) return false;
    line_begun_ = line_begun_ || line_ < view_.size();
    out = unit(sse_unit::form::unread, view_.size());
    return true;
}

bool sse_splitter::takes_line_feed(std::string_view bytes) {
    if (bytes.empty() || !line_feed_pending_) return false;
    line_feed_pending_ = false;
    return bytes.front() == '\n';
}

std::string sse_splitter::joined_data(std::string_view event, char with) {
    std::string out;
    bool any = false;
    for (std::size_t from = 0; from < event.size();) {
        const std::size_t end = find_line_end(event, from);
        std::string_view value;
        if (field_value(event.substr(from, end - from), "data", value)) {
            if (any) out.push_back(with);
            out += value;
            any = true;
        }
        from = end + 1;
    }
    return out;
}

}
