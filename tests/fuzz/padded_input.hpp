#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

// A fuzzer's bytes with the 64 readable bytes behind them that readers ask for, and not one more: a sanitizer sees the
// next.
class padded_input {
public:
    static constexpr std::size_t padding = 64;
    explicit padded_input(std::string_view text) : bytes_(new char[text.size() + padding]), size_(text.size()) {
        if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
        std::memset(bytes_.get() + text.size(), '"', padding);
    }
    std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};
