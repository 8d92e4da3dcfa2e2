using System.Text;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.TaskTable;

/// <summary>Every task does what every other does; docs/compatibility.md says so, as a run of these tests found.</summary>
public sealed class TaskTableTests(FittedTasks tasks) : IClassFixture<FittedTasks>
{
    private const string Begin = "<!-- tasks: drawn by tests/MLNet.Dispersion.Tests/TaskTable/TaskTableTests.cs -->";
    private const string End = "<!-- end of tasks -->";

    public static TheoryData<string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string>();
            foreach ((TaskCase task, TaskAbility ability) in TaskCases.All.SelectMany(task => TaskAbility.All.Select(ability => (task, ability))))
            {
                cells.Add(task.Name, ability.Name);
            }

            return cells;
        }
    }

    [Fact]
    public void Cases_AreOfEveryTask() => Assert.Equal(Enum.GetValues<FineTuneTask>(), TaskCases.All.Select(task => task.Task).Order());

    [Theory]
    [MemberData(nameof(Cells))]
    public void Task_HasTheAbility(string task, string ability) => Check(TaskCases.All.Single(one => one.Name == task), TaskAbility.All.Single(one => one.Name == ability));

    [Fact]
    public void Page_ShowsEveryTask()
    {
        string file = Path.Combine(Checkout.Folder, "docs", "compatibility.md");
        string page = File.ReadAllText(file).ReplaceLineEndings("\n");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end > begin, "docs/compatibility.md has no place for the table of tasks.");
        if (Environment.GetEnvironmentVariable("UPDATE_TASKS") == "1")
        {
            File.WriteAllText(file, $"{page[..begin]}\n\n{Drawn(Works)}\n{page[end..]}");
            return;
        }

        // The cells are tests of their own: where they pass, all that applies is there.
        Assert.True(
            page[begin..end].Trim() == Drawn((_, _) => true).Trim(),
            "docs/compatibility.md does not show the tasks as they are. Run this test with the variable UPDATE_TASKS=1 and commit the page.");
    }

    private static string Drawn(Func<TaskCase, TaskAbility, bool> works)
    {
        var text = new StringBuilder($"| task | {string.Join(" | ", TaskAbility.All)} |\n|---|{string.Concat(TaskAbility.All.Select(_ => "---|"))}\n");
        foreach (TaskCase task in TaskCases.All)
        {
            text.Append($"| {task} | {string.Join(" | ", TaskAbility.All.Select(ability => !works(task, ability) ? "no" : ability.IsRefused(task) ? "-" : "yes"))} |\n");
        }

        return text.ToString();
    }

    private void Check(TaskCase task, TaskAbility ability)
    {
        if (ability.IsRefused(task))
        {
            Assert.Contains("encoder", Assert.ThrowsAny<ArgumentException>(() => ability.Check(tasks, task)).Message, StringComparison.Ordinal);
            return;
        }

        ability.Check(tasks, task);
    }

    private bool Works(TaskCase task, TaskAbility ability)
    {
        try
        {
            Check(task, ability);
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false;
        }
    }
}
