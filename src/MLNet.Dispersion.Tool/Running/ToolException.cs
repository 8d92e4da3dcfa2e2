namespace MLNet.Dispersion.Tool;

/// <summary>What the user can put right: what is wrong, and the cure.</summary>
internal sealed class ToolException(string message, Exception? inner = null) : Exception(message, inner);
