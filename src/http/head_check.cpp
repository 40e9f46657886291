#include <tollgate/core/limits.hpp>
#include <tollgate/http/head_check.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace tollgate::http {
namespace {

// Fields whose second copy could be read by one party and the first by another: who pays, for what, and how often.
// Every "x-ai-" field belongs to them as well.
constexpr std::array<std::string_view, 4> unique_names{"authorization", "x-api-key", "api-key", "idempotency-key"};

struct tally {
    std::array<bool, unique_names.size()> seen{};
    std::size_t attribution = 0; // fields named "x-ai-..."
    int hosts = 0, encodings = 0, lengths = 0;
    bool close = false, keep_alive = false;
    std::string_view encoding, length, upgrade, expectation;
};

// Calls visit(item) for each item of a comma-separated list.
template <class Visit>
void for_each_item(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view item = list.substr(0, comma);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
        if (!item.empty()) visit(item);
    }
}

void read_connection(std::string_view value, tally& seen) {
    for_each_item(value, [&](std::string_view item) {
        if (same_name(item, "close")) seen.close = true;
        if (same_name(item, "keep-alive")) seen.keep_alive = true;
    });
}

// h2c is offered by clients that go on with HTTP/1.1 when nobody takes it up; anything else cannot.
bool only_h2c(std::string_view upgrade) {
    bool only = true;
    for_each_item(upgrade, [&](std::string_view item) { only = only && same_name(item, "h2c"); });
    return only;
}

bool is_attribution(std::string_view name) { return name.size() > 5 && same_name(name.substr(0, 5), "x-ai-"); }

head_fault count_unique(std::string_view name, tally& seen) {
    for (std::size_t i = 0; i < unique_names.size(); ++i) {
        if (name.size() != unique_names[i].size() || !same_name(name, unique_names[i])) continue;
        if (seen.seen[i]) return head_fault::repeated_field;
        seen.seen[i] = true;
    }
    seen.attribution += is_attribution(name) ? 1U : 0U;
    return head_fault::none;
}

// By length first: almost every field is none of these.
head_fault count_field(const field& f, tally& seen) {
    switch (f.name.size()) {
    case 4:
        if (same_name(f.name, "host")) ++seen.hosts;
        break;
    case 6:
        if (!same_name(f.name, "expect")) break;
        if (!seen.expectation.empty()) return head_fault::expectation;
        seen.expectation = f.value;
        if (f.value.empty()) return head_fault::expectation;
        break;
    case 7:
        if (same_name(f.name, "upgrade")) {
            if (!only_h2c(f.value)) seen.upgrade = f.value;
        }
        break;
    case 10:
        if (same_name(f.name, "connection")) read_connection(f.value, seen);
        break;
    case 14:
        if (!same_name(f.name, "content-length")) break;
        ++seen.lengths;
        seen.length = f.value;
        break;
    case 17:
        if (!same_name(f.name, "transfer-encoding")) break;
        ++seen.encodings;
        seen.encoding = f.value;
        break;
    default: break;
    }
    return count_unique(f.name, seen);
}

bool repeats_attribution(const std::vector<field>& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!is_attribution(fields[i].name)) continue;
        for (std::size_t j = i + 1; j < fields.size(); ++j)
            if (same_name(fields[i].name, fields[j].name)) return true;
    }
    return false;
}

head_fault check_body(const request_head& head, const tally& seen, head_facts& facts) {
    if (seen.encodings > 0) {
        if (seen.lengths > 0) return head_fault::both_lengths;
        if (seen.encodings > 1 || head.minor == 0 || !same_name(seen.encoding, "chunked"))
            return head_fault::transfer_encoding;
        facts.body = head_facts::framing::chunked;
    }
    if (seen.lengths == 0) return head_fault::none;
    // from_chars takes no sign for unsigned numbers and reports overflow.
    const char* const end = seen.length.data() + seen.length.size();
    const auto read = std::from_chars(seen.length.data(), end, facts.body_bytes);
    if (seen.lengths > 1 || read.ec != std::errc{} || read.ptr != end) return head_fault::content_length;
    if (facts.body_bytes > 0) facts.body = head_facts::framing::length;
    return head_fault::none;
}

}

std::expected<head_facts, head_fault> check_head(const request_head& head) {
    tally seen;
    for (const field& f : head.fields)
        if (const head_fault fault = count_field(f, seen); fault != head_fault::none) return std::unexpected(fault);

    if (seen.hosts > 1 || (seen.hosts == 0 && head.minor >= 1)) return std::unexpected(head_fault::host);
    if (seen.attribution > 1 && repeats_attribution(head.fields)) return std::unexpected(head_fault::repeated_field);
    head_facts facts;
    if (const head_fault fault = check_body(head, seen, facts); fault != head_fault::none)
        return std::unexpected(fault);
    // After the framing: an unreadable frame is the graver fault. CONNECT's target is not a path either.
    if (head.method == "CONNECT" || head.method == "TRACE") return std::unexpected(head_fault::method_not_allowed);
    if (head.target.front() != '/') return std::unexpected(head_fault::target);
    if (!seen.upgrade.empty()) return std::unexpected(head_fault::upgrade);
    if (!seen.expectation.empty() && !same_name(seen.expectation, "100-continue"))
        return std::unexpected(head_fault::expectation);

    facts.expects_continue = !seen.expectation.empty() && head.minor >= 1 && facts.body != head_facts::framing::none;
    facts.keep_alive = !seen.close && (head.minor >= 1 || seen.keep_alive);
    return facts;
}

}
