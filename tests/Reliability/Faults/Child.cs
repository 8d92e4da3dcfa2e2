using System.Diagnostics;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Programs that are started.</summary>
internal static class Child
{
    private static readonly string Host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>How to start one of the programs beside this one.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="before">What it is started by, such as <c>ip netns exec NAME</c>; empty for nothing.</param>
    /// <param name="arguments">Its arguments.</param>
    internal static ProcessStartInfo Of(string program, string[] before, params string[] arguments)
    {
        string[] all = [.. before, Host, PathOf($"{program}.dll"), .. arguments];
        return new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1", ["TERM"] = "dumb" },
        };
    }

    /// <summary>The path of a file beside this program.</summary>
    internal static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, name);

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="TimeoutException">It did not end in time, and was ended.</exception>
    internal static ChildEnd Run(ProcessStartInfo start, TimeSpan limit)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {limit}.");
        }

        return new ChildEnd(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Runs a tool of the system, which must succeed.</summary>
    internal static string Tool(string name, params string[] arguments)
    {
        ChildEnd end = Run(new ProcessStartInfo(name, arguments), TimeSpan.FromMinutes(2));
        return end.Code == 0 ? end.Output : throw new InvalidOperationException($"{name} {string.Join(' ', arguments)} ended with {end.Code}: {end.Output}{end.Errors}");
    }

    /// <summary>How many processes have a text among their arguments, some seconds after they should have ended; they are ended then.</summary>
    internal static int Left(string mark)
    {
        int[] left = [];
        SpinWait.SpinUntil(
            () =>
            {
                left = [.. Process.GetProcesses().Where(process => process.Id != Environment.ProcessId && Arguments(process.Id).Contains(mark, StringComparison.Ordinal)).Select(process => process.Id)];
                return left.Length == 0;
            },
            TimeSpan.FromSeconds(10));
        foreach (int id in left)
        {
            Process.GetProcessById(id).Kill();
        }

        return left.Length;
    }

    private static string Arguments(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>How a program ended.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">What it wrote.</param>
/// <param name="Errors">What it wrote as errors.</param>
internal sealed record ChildEnd(int Code, string Output, string Errors)
{
    /// <summary>Gets the lines of the output.</summary>
    internal string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
