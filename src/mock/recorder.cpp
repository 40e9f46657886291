#include "recorder.hpp"

#include "json_out.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <openssl/evp.h>

namespace tollgate::mock {
namespace {

constexpr std::array<std::string_view, 5> credentials{"authorization", "x-api-key", "api-key", "proxy-authorization",
                                                      "cookie"};

std::string_view next_piece(std::string_view& from) {
    const std::size_t end = from.find('\0');
    const std::string_view piece = from.substr(0, end);
    from.remove_prefix(end + 1);
    return piece;
}

}

recorder::recorder() : last_(limits::mock_requests_kept) {}

bool recorder::is_credential(std::string_view name) {
    return std::ranges::any_of(credentials,
                               [&](std::string_view one) { return one.size() == name.size() && same_name(one, name); });
}

std::string recorder::sha256_hex(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += digits[bytes[i] >> 4];
        hex += digits[bytes[i] & 15];
    }
    return hex;
}

void recorder::add(tally& to, std::string_view name) {
    if (const auto found = to.find(name); found != to.end())
        ++found->second;
    else if (to.size() < limits::mock_names_max)
        to.emplace(name, 1);
}

void recorder::record(const ports::exchange& from, std::string_view body, bool valid_json, std::string_view model) {
    const std::lock_guard lock(mutex_);
    received& into = last_[total_ % last_.size()];
    into.sequence = ++total_;
    into.line.assign(from.method()).append(" ").append(from.path());
    if (!from.query().empty()) into.line.append("?").append(from.query());
    into.fields.clear();
    bool credential = false;
    for (const field& f : from.fields()) {
        credential = credential || is_credential(f.name);
        into.fields.append(f.name).append(1, '\0').append(f.value).append(1, '\0');
    }
    if (!credential) ++without_credential_;
    into.body_bytes = body.size();
    into.json = valid_json && body.size() <= limits::mock_body_bytes_kept;
    into.body.assign(body.substr(0, limits::mock_body_bytes_kept));
    add(by_path_, from.path());
    if (!model.empty()) add(by_model_, model);
}

void recorder::client_gone() {
    const std::lock_guard lock(mutex_);
    ++clients_gone_;
}

void recorder::reset() {
    const std::lock_guard lock(mutex_);
    total_ = without_credential_ = clients_gone_ = 0;
    by_path_.clear();
    by_model_.clear();
    for (received& one : last_) one = {};
}

std::string recorder::to_json() const {
    const std::lock_guard lock(mutex_);
    std::string out = R"({"total":)";
    put_all(out, total_, R"(,"without_credential":)", without_credential_, R"(,"clients_gone":)", clients_gone_,
            R"(,"by_path":)");
    put_tally(out, by_path_);
    put(out, R"(,"by_model":)");
    put_tally(out, by_model_);
    put(out, R"(,"requests":[)");
    const std::uint64_t kept = std::min<std::uint64_t>(total_, last_.size());
    for (std::uint64_t i = total_ - kept; i < total_; ++i) {
        if (i > total_ - kept) put(out, ",");
        put_received(out, last_[i % last_.size()]);
    }
    put(out, "]}");
    return out;
}

void recorder::put_tally(std::string& out, const tally& from) {
    std::vector<std::pair<std::string_view, std::uint64_t>> sorted(from.begin(), from.end());
    std::ranges::sort(sorted);
    std::string_view comma = "";
    put(out, "{");
    for (const auto& [name, times] : sorted) {
        put(out, std::exchange(comma, ","));
        put_string(out, name);
        put_all(out, ":", times);
    }
    put(out, "}");
}

void recorder::put_received(std::string& out, const received& one) {
    const std::string_view line = one.line;
    const std::size_t blank = line.find(' ');
    const std::size_t mark = std::min(line.find('?'), line.size());
    put_all(out, R"({"sequence":)", one.sequence, R"(,"method":)", as_json(line.substr(0, blank)), R"(,"path":)",
            as_json(line.substr(blank + 1, mark - blank - 1)), R"(,"query":)",
            as_json(line.substr(std::min(mark + 1, line.size()))));
    put_fields(out, one.fields);
    put_all(out, R"(,"body_bytes":)", one.body_bytes, R"(,"body":)");
    if (one.body.empty())
        put(out, "null");
    else if (one.json)
        put(out, one.body);
    else
        put_string(out, one.body);
    put(out, "}");
}

void recorder::put_fields(std::string& out, std::string_view fields) {
    std::string credentials_seen;
    std::string_view comma = "";
    put(out, R"(,"headers":[)");
    while (!fields.empty()) {
        const std::string_view name = next_piece(fields);
        const std::string_view value = next_piece(fields);
        const bool secret = is_credential(name);
        put_all(out, std::exchange(comma, ","), R"({"name":)", as_json(name), R"(,"value":)",
                secret ? "null" : as_json(value), "}");
        if (!secret) continue;
        std::string lower(name);
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        put_all(credentials_seen, credentials_seen.empty() ? "" : ",", as_json(lower), R"(:{"present":true,"sha256":")",
                sha256_hex(value), R"("})");
    }
    put_all(out, R"(],"credentials":{)", credentials_seen, "}");
}

}
