#pragma once

#include <string>
#include <string_view>

// A body as the readers want it: followed by 64 readable bytes, which hold the worst that may stand there.
class padded {
public:
    explicit padded(std::string_view text) : bytes_(text), size_(text.size()) { bytes_ += std::string(64, '"'); }
    std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }
    operator std::string_view() const { return view(); }

private:
    std::string bytes_;
    std::size_t size_;
};
