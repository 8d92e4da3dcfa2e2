namespace MLNet.Dispersion.Text;

/// <summary>A pattern that cannot be read: wrong, or of a kind that is not supported. The reader of the file says where it stands.</summary>
internal sealed class PatternSyntaxException(string message) : Exception(message);
