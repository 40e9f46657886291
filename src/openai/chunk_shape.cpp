#include "chunk_shape.hpp"

#include "output_text.hpp"

namespace tollgate::openai {

void chunk_shape::learn(std::string_view json, const texts& found) {
    known_ = json.size() <= bytes_max;
    if (!known_) return;
    fixed_.clear();
    count_ = found.count;
    std::size_t done = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const auto at = static_cast<std::size_t>(found.of[i].data() - json.data());
        fixed_.append(json.substr(done, at - done));
        ends_[i] = fixed_.size();
        done = at + found.of[i].size();
    }
    fixed_.append(json.substr(done));
}

bool chunk_shape::fits(std::string_view json, texts& into) const {
    if (!known_) return false;
    const std::string_view fixed(fixed_);
    std::size_t at = 0, done = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::string_view part = fixed.substr(done, ends_[i] - done);
        if (json.substr(at, part.size()) != part) return false;
        at += part.size();
        done = ends_[i];
        const std::size_t end = end_of_string(json, at);
        if (end == std::string_view::npos) return false;
        into.of[i] = json.substr(at, end - at);
        at = end;
    }
    into.count = count_;
    return json.substr(at) == fixed.substr(done);
}

}
