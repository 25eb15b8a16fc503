// Waiting without sleeping.

import CVector

/// One turn of a loop that waits for another thread.
public func pauseProcessor() { processor_pause() }
