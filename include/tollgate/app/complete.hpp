#pragma once

// The endpoints that cost money. One use case: src/app/complete.cpp.

#include <tollgate/app/services.hpp>
#include <tollgate/openai/request.hpp>
#include <tollgate/ports/exchange.hpp>

namespace tollgate::app {

task<> complete(services& use, ports::exchange& x, openai::endpoint where);

task<> chat_completions(services& use, ports::exchange& x);
task<> completions(services& use, ports::exchange& x);
task<> embeddings(services& use, ports::exchange& x);
task<> responses(services& use, ports::exchange& x);

}
