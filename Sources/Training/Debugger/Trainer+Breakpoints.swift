// Breakpoints and watches of a trainer.

import Experiments
import Telemetry

extension Trainer {
  /// The run has stopped before a step.
  func stopped(_ stop: Stop) {
    mailbox.withLock {
      $0.status.stop = stop
      $0.status.breakpoints = loop.debugger.breakpoints
    }
    pause()
  }

  func addBreakpoint(_ text: String) {
    guard let condition = read(text, Condition.init, \.formulas) else { return }
    guard loop.debugger.add(condition) else {
      return tell("the run stops at \(condition) already, or has no room for more")
    }
    showBreakpoints()
    tell("the run stops before a step at which \(condition)")
  }

  func turnBreakpoint(_ index: Int, on isOn: Bool) {
    loop.debugger.turn(index, on: isOn)
    showBreakpoints()
  }

  func removeBreakpoint(_ index: Int) {
    loop.debugger.remove(index)
    showBreakpoints()
  }

  func watch(_ text: String) {
    guard let formula = read(text, Formula.init, { [$0] }) else { return }
    let isWatched = loop.debugger.watch(formula)
    tell(isWatched ? "\(formula) is among the series from the next step on" : "\(formula) is watched no more")
  }

  private func showBreakpoints() {
    let breakpoints = loop.debugger.breakpoints
    mailbox.withLock { $0.status.breakpoints = breakpoints }
  }

  /// Reads what somebody typed, or says what is wrong with it.
  private func read<Value>(
    _ text: String, _ parse: (String) throws -> Value, _ formulas: (Value) -> [Formula]
  ) -> Value? {
    do {
      let value = try parse(text)
      guard let complaint = loop.complaint(about: formulas(value)) else { return value }
      tell("\(text): \(complaint)")
    } catch { tell("\(error)") }
    return nil
  }
}
