// `convtop data`: which data sets are here.

import ArgumentParser
import Datasets
import Telemetry

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Show which data sets are installed.", subcommands: [List.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the data sets that convtop knows, and where they are.")

    func run() {
      for source in DataSource.all {
        let place =
          source.isBuiltIn
          ? "built in" : source.installedFolder ?? "not installed; to get it: \(source.howToGet)"
        let name = padRight(source.name, 14)
        say("\(name) \(place)\n               \(source.summary), \(source.shape), \(source.classes.count) classes")
      }
    }
  }
}
