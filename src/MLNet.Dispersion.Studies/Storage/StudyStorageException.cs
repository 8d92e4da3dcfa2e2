namespace MLNet.Dispersion.Studies;

/// <summary>A study's storage cannot be used, now or at all: the message says which, why, and what helps. What was written before is still there.</summary>
public sealed class StudyStorageException : Exception
{
    /// <summary>Makes an exception.</summary>
    public StudyStorageException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What went wrong, and what helps.</param>
    public StudyStorageException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What went wrong, and what helps.</param>
    /// <param name="innerException">What the database said.</param>
    public StudyStorageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
