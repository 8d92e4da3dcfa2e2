namespace MLNet.Dispersion.Examples;

/// <summary>What the user can put right; printed without a stack trace.</summary>
internal sealed class UserException(string message) : Exception(message);
