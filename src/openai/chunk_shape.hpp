#pragma once

// The chunks of a stream differ in their texts alone. What was found out about one of them holds for the next, when
// everything but its texts is the same: text in a string cannot end the string, so it cannot change what stands around.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::openai {

class chunk_shape {
public:
    static constexpr std::size_t texts_max = 4;
    static constexpr std::size_t bytes_max = 4096; // of a chunk that is remembered

    struct texts {
        std::array<std::string_view, texts_max> of;
        std::size_t count = 0;
        std::span<const std::string_view> all() const { return {of.data(), count}; }
        // False: there are too many.
        bool add(std::string_view text) {
            if (count == of.size()) return false;
            of[count++] = text;
            return true;
        }
    };

    // `found`: of `json`, each between its quotes, in order.
    void learn(std::string_view json, const texts& found);
    void forget() { known_ = false; }
    // True when `json` has the shape learnt last; its texts go to `into`.
    bool fits(std::string_view json, texts& into) const;

private:
    std::string fixed_; // what stands around the texts, quotes included
    std::array<std::size_t, texts_max> ends_{};
    std::size_t count_ = 0;
    bool known_ = false;
};

}
