namespace MLNet.Dispersion.Examples.Tokens;

/// <summary>What the user can put right; shown without a stack trace.</summary>
internal sealed class UserException(string message) : Exception(message);
