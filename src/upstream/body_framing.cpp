#include <tollgate/upstream/body_framing.hpp>

#include <algorithm>

namespace tollgate::upstream {

chunked_decoder::progress body_framing::take(std::span<char> bytes) {
    switch (kind_) {
    case framing::none: return {};
    case framing::chunked: return chunks_.decode(bytes);
    case framing::until_close: return {.consumed = bytes.size(), .data = bytes.size()};
    case framing::length: break;
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= n;
    return {.consumed = n, .data = n};
}

bool body_framing::done() const {
    switch (kind_) {
    case framing::none: return true;
    case framing::length: return left_ == 0;
    case framing::chunked: return chunks_.done();
    case framing::until_close: return closed_;
    }
    return true;
}

bool body_framing::end_of_stream() {
    closed_ = true;
    return done();
}

}
