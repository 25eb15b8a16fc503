// `convtop data`: which data sets are here.

import ArgumentParser
import Datasets
import Foundation

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Show which data sets are installed.", subcommands: [List.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the data sets that convtop knows, and where they are.")

    func run() {
      for description in DatasetDescription.all {
        let place =
          description.isBuiltIn
          ? "built in" : description.installedFolder ?? "not installed; to get it: \(description.howToGet)"
        let name = description.name.padding(toLength: 14, withPad: " ", startingAt: 0)
        say("\(name) \(place)\n               \(description.summary)")
      }
    }
  }
}
