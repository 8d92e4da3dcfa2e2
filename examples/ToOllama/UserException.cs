namespace MLNet.Dispersion.Examples.ToOllama;

/// <summary>What the user can put right; shown without a stack trace.</summary>
internal sealed class UserException(string message) : Exception(message);
