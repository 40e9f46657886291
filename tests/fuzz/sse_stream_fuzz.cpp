// Any bytes as a stream: the same answer however they are split, and never a crash. With usage asked for and nothing
// ended, every byte is relayed.
#include <tollgate/core/assert.hpp>
#include <tollgate/openai/metering.hpp>

#include <algorithm>
#include <string>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

struct outcome {
    std::string all;
    bool ended = false, failed = false, final = false;
    std::int64_t events = 0;
    usage used;
};

outcome relay(const stream_meter::options& how, std::string_view input, std::size_t piece) {
    stream_meter meter(how);
    outcome out;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        const std::string fresh(input.substr(at, piece)); // so that a view that outlives it is found
        out.all += meter.feed(fresh);
    }
    out.all += meter.tail("\"cost_usd\":\"0.5\"");
    out.ended = meter.ended();
    out.failed = meter.failed();
    out.final = meter.usage_final();
    out.events = meter.events();
    out.used = meter.report().used;
    return out;
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size < 2) return 0;
    stream_meter::options how;
    how.where = static_cast<endpoint>(data[0] % 4);
    how.hide_usage = (data[0] & 8) != 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const outcome whole = relay(how, input, std::max<std::size_t>(input.size(), 1));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1} + data[1] % 64}) {
        const outcome split = relay(how, input, piece);
        TG_ASSERT(split.all == whole.all);
        TG_ASSERT(split.ended == whole.ended && split.failed == whole.failed && split.final == whole.final);
        TG_ASSERT(split.events == whole.events && split.used == whole.used);
    }
    return 0;
}
