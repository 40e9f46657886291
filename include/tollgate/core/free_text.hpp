#pragma once

#include <string>

namespace tollgate {

// Empties a string and gives its memory back, which assigning an empty one does not.
inline void free_text(std::string& text) { std::string().swap(text); }

}
