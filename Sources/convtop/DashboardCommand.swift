import ArgumentParser

struct DashboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "dashboard", abstract: "Open the dashboard.")
  func run() throws {}
}
