#pragma once

#include <tollgate/app/services.hpp>
#include <tollgate/ports/exchange.hpp>

namespace tollgate::app {

task<> list_models(services& use, ports::exchange& x);
task<> show_model(services& use, ports::exchange& x);

}
