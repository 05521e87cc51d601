#include "emit/sources.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>

#include "embedded/behavioral.hpp"
#include "embedded/blackbox.hpp"
#include "embedded/rtl.hpp"

namespace neuspin::emit {
namespace {

using Files = std::map<std::string_view, std::string_view>;

/// Calls `visit` with every name (identifier or file name) of a SystemVerilog text that is not in a comment.
template <class Visit>
void forEachName(std::string_view text, Visit visit) {
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at).starts_with("/*")) {
      at = text.find("*/", at + 2);
      at = at == std::string_view::npos ? text.size() : at + 2;
    } else if (in_name(text[at])) {
      std::size_t end = at;
      while (end < text.size() && in_name(text[end])) ++end;
      visit(text.substr(at, end - at));
      at = end;
    } else {
      ++at;
    }
  }
}

class Closure {
 public:
  LibraryFiles run(const std::vector<std::string>& roots) {
    for (const std::string& root : roots) {
      if (!module(root)) throw std::logic_error("module " + root + " is not in the library");
    }
    std::ranges::sort(result_.headers);
    std::ranges::sort(result_.macros);
    return std::move(result_);
  }

 private:
  /// True if `name` is a module of the library; adds it after what it uses.
  bool module(std::string_view name) {
    const std::string file = std::string(name) + ".sv";
    const auto rtl = embedded::rtl().find(file);
    if (rtl == embedded::rtl().end()) {
      if (!embedded::behavioral().contains(file)) return false;
      if (seen_.insert(file).second)
        uses(embedded::behavioral().at(file), name), result_.macros.push_back(file);
      return true;
    }
    if (seen_.insert(file).second) {
      uses(rtl->second, name);
      result_.modules.push_back(file);
    }
    return true;
  }

  void uses(std::string_view text, std::string_view self) {
    forEachName(text, [&](std::string_view name) {
      if (name == self) return;
      if (name.ends_with(".svh") && embedded::rtl().contains(name)) {
        if (seen_.insert(std::string(name)).second) {
          uses(embedded::rtl().at(name), name);
          result_.headers.emplace_back(name);
        }
        return;
      }
      module(name);
    });
  }

  std::set<std::string, std::less<>> seen_;
  LibraryFiles result_;
};

}  // namespace

LibraryFiles libraryClosure(const std::vector<std::string>& roots) {
  return Closure().run(roots);
}

void addSources(const LibraryFiles& library, FileSet& files) {
  const auto copy = [&files](const std::vector<std::string>& names, const Files& from,
                             const std::string& folder) {
    for (const std::string& name : names) files[folder + name] = std::string(from.at(name));
  };
  copy(library.modules, embedded::rtl(), "rtl/");
  copy(library.headers, embedded::rtl(), "rtl/");
  copy(library.macros, embedded::behavioral(), "behavioral/");
  copy(library.macros, embedded::blackbox(), "blackbox/");
}

}  // namespace neuspin::emit
