namespace MLNet.Dispersion.Serving;

/// <summary>How a queue gathers and what it puts up with.</summary>
/// <param name="Name">What metrics call it.</param>
/// <param name="Engines">How many passes run side by side.</param>
/// <param name="MaxRows">The most rows of a pass; a request of more is a pass by itself.</param>
/// <param name="MaxDelay">How long the last free engine waits for more rows.</param>
/// <param name="MaxWaiting">The most rows that wait.</param>
internal sealed record BatchSettings(string Name, int Engines, int MaxRows, TimeSpan MaxDelay, int MaxWaiting);
