namespace MLNet.Dispersion.Hub;

/// <summary>The waits between attempts at what Polly does not see: bodies that break off.</summary>
internal static class Backoff
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Waits the options' delay before the second attempt, twice as long before each further one, a minute at most.</summary>
    /// <param name="settings">Whose options name the delay.</param>
    /// <param name="failures">How many attempts have failed in a row, from 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static Task WaitAsync(HubSettings settings, int failures, CancellationToken cancellationToken)
    {
        TimeSpan wait = settings.Options.RetryDelay * Math.Pow(2, Math.Clamp(failures - 1, 0, 10));
        return Task.Delay(wait < Longest ? wait : Longest, cancellationToken);
    }
}
