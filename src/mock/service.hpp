#pragma once

// Answers requests the way a provider would. One per thread; the recorder is shared.

#include "delivery.hpp"
#include "recorder.hpp"
#include "reply.hpp"

namespace tollgate::mock {

class service {
public:
    explicit service(recorder& log) : log_(log) {}
    task<> answer(ports::exchange& with);

private:
    task<> answer_control(ports::exchange& with);
    task<> answer_models(ports::exchange& with);
    task<> answer_call(ports::exchange& with, api kind);
    task<> answer_error(ports::exchange& with, const steering& how, std::string message);

    recorder& log_;
    simdjson::dom::parser reader_;
};

}
