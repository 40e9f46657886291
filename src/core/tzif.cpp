// TZif (RFC 8536), version 2 or later: only what offsets need. Debian's files list every change until 2037.
#include <tollgate/core/window.hpp>

#include <cstring>

namespace tollgate {

namespace {

constexpr std::size_t header_bytes = 44;

std::uint32_t be32(const unsigned char* p) {
    return (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | p[3];
}
std::int64_t be64(const unsigned char* p) {
    return static_cast<std::int64_t>((std::uint64_t{be32(p)} << 32) | be32(p + 4));
}

struct counts {
    std::size_t is_utc, is_std, leaps, times, types, chars;
    std::size_t body(std::size_t time_bytes) const {
        return times * time_bytes + times + types * 6 + chars + leaps * (time_bytes + 4) + is_std + is_utc;
    }
};

std::optional<counts> read_header(std::string_view bytes) {
    if (bytes.size() < header_bytes || !bytes.starts_with("TZif")) return std::nullopt;
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data()) + 20;
    const counts c{be32(p), be32(p + 4), be32(p + 8), be32(p + 12), be32(p + 16), be32(p + 20)};
    constexpr std::size_t sane = 10'000;
    if (c.times > sane || c.types > 256 || c.types == 0 || c.chars > sane || c.leaps > sane) return std::nullopt;
    return c;
}

}

std::shared_ptr<const time_zone> time_zone::parse(std::string name, std::string_view tzif) {
    const auto first = read_header(tzif);
    if (!first || tzif[4] < '2') return nullptr;
    const std::size_t skip = header_bytes + first->body(4);
    if (tzif.size() < skip) return nullptr;
    tzif.remove_prefix(skip);
    const auto second = read_header(tzif);
    if (!second || tzif.size() < header_bytes + second->body(8)) return nullptr;

    const auto* times = reinterpret_cast<const unsigned char*>(tzif.data()) + header_bytes;
    const auto* kinds = times + second->times * 8;
    const auto* types = kinds + second->times;
    const auto offset_of = [&](std::size_t type) { return static_cast<std::int32_t>(be32(types + type * 6)); };

    std::vector<transition> transitions;
    transitions.reserve(second->times);
    for (std::size_t i = 0; i < second->times; ++i) {
        if (kinds[i] >= second->types) return nullptr;
        transitions.push_back({be64(times + i * 8), offset_of(kinds[i])});
    }
    return std::make_shared<const time_zone>(std::move(name), offset_of(0), std::move(transitions));
}

}
