#include <tollgate/upstream/inflater.hpp>

#include <tollgate/core/limits.hpp>

#include <array>
#include <new>
#include <zlib.h>

namespace tollgate::upstream {

struct inflater::state {
    z_stream zlib{};
    bool member_ended = true; // nothing yet is a clean end too
    std::array<char, limits::inflated_bytes_per_read> out;
};

namespace {

constexpr int either_header = 15 + 32; // gzip or zlib, as the first bytes say

Bytef* bytes_of(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

}

inflater::inflater() : state_(std::make_unique<state>()) {
    if (inflateInit2(&state_->zlib, either_header) != Z_OK) throw std::bad_alloc();
}

inflater::~inflater() { inflateEnd(&state_->zlib); }

bool inflater::at_end() const { return state_->member_ended; }

result<std::string_view> inflater::next(std::string_view& in) {
    z_stream& z = state_->zlib;
    z.next_out = bytes_of(state_->out.data());
    z.avail_out = static_cast<uInt>(state_->out.size());
    for (;;) {
        // Full windows may hold output back after the last input byte, so zlib is asked once more even without input.
        z.next_in = bytes_of(in.data());
        z.avail_in = static_cast<uInt>(in.size());
        const std::size_t before = in.size();
        if (state_->member_ended) {
            if (in.empty()) break;
            inflateReset(&z); // gzip members may follow one another
            state_->member_ended = false;
        }
        const int said = inflate(&z, Z_SYNC_FLUSH);
        in.remove_prefix(before - z.avail_in);
        if (said == Z_STREAM_END)
            state_->member_ended = true;
        else if (said != Z_OK && said != Z_BUF_ERROR)
            return fail(errc::stream_truncated, "the answer's compressed body is damaged");
        if (z.avail_out == 0 || (in.empty() && said != Z_STREAM_END) || said == Z_BUF_ERROR) break;
    }
    return std::string_view(state_->out.data(), state_->out.size() - z.avail_out);
}

}
