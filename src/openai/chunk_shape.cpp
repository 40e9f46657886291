#include "chunk_shape.hpp"

#include "find_text.hpp"

namespace tollgate::openai {

namespace {

// The closing quote of the text that begins at `from`; 0: it does not end, or holds a control character, line ends
// among them, which JSON forbids.
std::size_t end_of_text(std::string_view bytes, std::size_t from) {
    std::size_t at = find_special(bytes, from);
    while (at < bytes.size() && bytes[at] == '\\') {
        if (at + 1 < bytes.size() && static_cast<unsigned char>(bytes[at + 1]) < 0x20) return 0;
        at = find_special(bytes, at + 2);
    }
    return at < bytes.size() && bytes[at] == '"' ? at : 0;
}

}

void chunk_shape::learn(std::string_view event, const texts& found) {
    known_ = event.size() <= bytes_max && event.ends_with('\n'); // behind a CR alone an LF may follow
    if (!known_) return;
    fixed_.clear();
    count_ = found.count;
    std::size_t done = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const auto at = static_cast<std::size_t>(found.of[i].data() - event.data());
        fixed_.append(event.substr(done, at - done));
        ends_[i] = fixed_.size();
        done = at + found.of[i].size();
    }
    fixed_.append(event.substr(done));
}

std::size_t chunk_shape::fits(std::string_view bytes, texts& into) const {
    if (!known_) return 0;
    bytes = bytes.substr(0, bytes_max);
    const std::string_view fixed(fixed_);
    std::size_t at = 0, done = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::string_view part = fixed.substr(done, ends_[i] - done);
        if (bytes.substr(at, part.size()) != part) return 0;
        at += part.size();
        done = ends_[i];
        const std::size_t end = end_of_text(bytes, at);
        if (end == 0) return 0;
        into.of[i] = bytes.substr(at, end - at);
        at = end;
    }
    into.count = count_;
    const std::string_view last = fixed.substr(done);
    return bytes.substr(at, last.size()) == last ? at + last.size() : 0;
}

}
