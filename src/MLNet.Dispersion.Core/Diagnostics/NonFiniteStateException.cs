namespace MLNet.Dispersion;

/// <summary>Hidden states hold NaN or infinity, so that their geometry is undefined. The message names layer and text.</summary>
public sealed class NonFiniteStateException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public NonFiniteStateException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which state, and what to do.</param>
    public NonFiniteStateException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which state, and what to do.</param>
    /// <param name="innerException">Its cause.</param>
    public NonFiniteStateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
