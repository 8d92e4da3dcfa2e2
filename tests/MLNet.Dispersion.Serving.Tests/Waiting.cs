namespace MLNet.Dispersion.Serving.Tests;

/// <summary>Waits for what happens on other threads, however busy the machine is.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    internal static async Task Until(Func<bool> reached)
    {
        for (DateTime end = DateTime.UtcNow + Limit; DateTime.UtcNow < end && !reached();)
        {
            await Task.Delay(5);
        }

        Assert.True(reached());
    }
}
