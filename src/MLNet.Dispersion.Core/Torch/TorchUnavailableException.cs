namespace MLNet.Dispersion;

/// <summary>libtorch, or the device asked of it, cannot be used in this process. The message names the cause and the cure.</summary>
public sealed class TorchUnavailableException : Exception
{
    /// <summary>Makes an exception without a message of its own.</summary>
    public TorchUnavailableException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What is unavailable, why, and what to do about it.</param>
    public TorchUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and the exception that it explains.</summary>
    /// <param name="message">What is unavailable, why, and what to do about it.</param>
    /// <param name="innerException">What TorchSharp or the loader of native libraries threw.</param>
    public TorchUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
