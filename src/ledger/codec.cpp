#include <tollgate/ledger/codec.hpp>

#include <cstring>
#include <type_traits>

namespace tollgate::ledger {

namespace {

constexpr std::uint8_t version = 2;

// One list of fields serves both directions: `fields(archive, value)` below.
class writer {
public:
    static constexpr bool reads = false;
    std::string out;
    void bytes(const void* from, std::size_t size) { out.append(static_cast<const char*>(from), size); }
};

class reader {
public:
    static constexpr bool reads = true;
    std::string_view in;
    bool failed = false;
    void bytes(void* into, std::size_t size) {
        if (size > in.size()) failed = true;
        if (failed) return;
        std::memcpy(into, in.data(), size);
        in.remove_prefix(size);
    }
};

template <class Archive, class Number>
    requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
void field(Archive& a, Number& value) {
    a.bytes(&value, sizeof value);
}

template <class Archive>
void field(Archive& a, std::string& value) {
    std::uint32_t size = static_cast<std::uint32_t>(value.size());
    field(a, size);
    if constexpr (Archive::reads) {
        if (size > a.in.size()) a.failed = true;
        if (a.failed) return;
        value.resize(size);
    }
    a.bytes(value.data(), size);
}

template <class Archive>
void field(Archive& a, usd_nano& value) {
    std::int64_t count = value.count();
    field(a, count);
    value = usd_nano(count);
}

template <class Archive>
void field(Archive& a, request_id& value) {
    std::uint64_t high = value.high(), low = value.low();
    field(a, high);
    field(a, low);
    value = request_id(high, low);
}

template <class Archive>
void field(Archive& a, instant& value) {
    field(a, value.us);
}

template <class Archive>
void field(Archive& a, touched& value) {
    field(a, value.scope);
    field(a, value.span);
    field(a, value.start_s);
}

template <class Archive>
void field(Archive& a, std::vector<touched>& values) {
    std::uint32_t size = static_cast<std::uint32_t>(values.size());
    field(a, size);
    if constexpr (Archive::reads) {
        if (size > a.in.size()) a.failed = true;
        if (a.failed) return;
        values.resize(size);
    }
    for (touched& each : values) field(a, each);
}

template <class Archive>
void field(Archive& a, usage& value) {
    for (std::int64_t* count :
         {&value.prompt_tokens, &value.cached_tokens, &value.cache_write_tokens, &value.cache_write_1h_tokens,
          &value.completion_tokens, &value.reasoning_tokens, &value.audio_in_tokens, &value.audio_out_tokens,
          &value.image_in_tokens, &value.web_search_calls})
        field(a, *count);
}

template <class Archive>
void field(Archive& a, reservation& value) {
    field(a, value.id);
    field(a, value.tenant);
    field(a, value.amount);
    field(a, value.input_amount);
    field(a, value.tokens);
    field(a, value.counters);
    field(a, value.prepaid);
    field(a, value.on_unknown);
    field(a, value.created);
    field(a, value.expires);
    field(a, value.attempt);
    field(a, value.node);
}

template <class Archive>
void field(Archive& a, usage_row& value) {
    field(a, value.id);
    for (std::string* text : {&value.tenant, &value.key, &value.workspace, &value.feature, &value.agent,
                              &value.end_user, &value.model_requested, &value.model_served, &value.provider,
                              &value.decision, &value.code, &value.settlement_status})
        field(a, *text);
    field(a, value.status);
    field(a, value.used);
    field(a, value.estimated);
    field(a, value.charged);
    field(a, value.provider_cost);
    field(a, value.source);
    field(a, value.at);
    field(a, value.record);
}

template <class Archive>
void field(Archive& a, std::optional<stored_answer>& value) {
    bool there = value.has_value();
    field(a, there);
    if (!there) return;
    if constexpr (Archive::reads) value.emplace();
    field(a, value->status);
    field(a, value->content_type);
    field(a, value->body);
}

template <class Archive>
void field(Archive& a, settle_op& value) {
    field(a, value.hold);
    field(a, value.actual);
    field(a, value.tokens);
    field(a, value.row);
    field(a, value.answer);
}

template <class Archive>
void field(Archive& a, release_op& value) {
    field(a, value.hold);
    field(a, value.row);
}

template <class Op>
std::optional<ending_op> read_as(reader& in) {
    Op op;
    field(in, op);
    if (in.failed || !in.in.empty()) return std::nullopt;
    return op;
}

}

std::string encode(const ending_op& op) {
    writer out;
    std::uint8_t kind = static_cast<std::uint8_t>(op.index()), format = version;
    field(out, format);
    field(out, kind);
    ending_op copy = op; // the field lists are written for both directions, hence not const
    std::visit([&](auto& each) { field(out, each); }, copy);
    return std::move(out.out);
}

std::optional<ending_op> decode(std::string_view bytes) {
    reader in{bytes};
    std::uint8_t format = 0, kind = 0;
    field(in, format);
    field(in, kind);
    if (in.failed || format != version) return std::nullopt;
    if (kind == 0) return read_as<settle_op>(in);
    if (kind == 1) return read_as<release_op>(in);
    return std::nullopt;
}

}
